"""inference.py of a model that multiplies by the number in ``model.json``, and says which one it is."""

import json
import os
import time
import uuid


def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.json")) as file:
        return {"server": uuid.uuid4().hex, **json.load(file)}


def input_fn(body, content_type):
    return json.loads(body)


def predict_fn(asked, model):
    if asked.get("fail"):
        raise ValueError(f"no answer to {asked['fail']}")
    time.sleep(asked.get("wait_s", 0))
    return {"answer": asked["value"] * model["factor"], "pid": os.getpid(), **model}


def output_fn(answer, accept):
    return json.dumps(answer)
