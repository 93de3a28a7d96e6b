"""What each framework does without a serving script, in its real environment on this machine."""

from __future__ import annotations

import http.client
import io
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import pytest

from clary.compute.environments import Environments, environments_root
from clary.compute.environments.serving_support import front
from clary.host.health import ping
from clary.host.layout import INJECTED

ADDRESS = "127.9.8.1"
START_S = 240.0

SKLEARN = """
import joblib, numpy
from sklearn.linear_model import LogisticRegression
joblib.dump(LogisticRegression().fit(numpy.array([[0.0], [1], [2], [3]]), [0, 0, 1, 1]), "model.joblib")
"""
TORCH = """
import torch
network = torch.nn.Linear(2, 1)
torch.nn.init.constant_(network.weight, 2.0)
torch.nn.init.constant_(network.bias, 1.0)
torch.jit.save(torch.jit.script(network), "network.pth")
"""
STATE_DICT = """
import torch
torch.save(torch.nn.Linear(2, 1).state_dict(), "model.pth")
"""
XGBOOST = """
import numpy, xgboost
rows = numpy.arange(200.0).reshape(100, 2)
data = xgboost.DMatrix(rows, (rows[:, 0] > 100) * 1.0)
xgboost.train({"objective": "binary:logistic"}, data, 5).save_model("xgboost-model")
"""
MXNET = """
import json, mxnet
net = mxnet.sym.FullyConnected(mxnet.sym.var("data"), num_hidden=1, name="sum")
module = mxnet.mod.Module(net, data_names=["data"], label_names=None)
module.bind(data_shapes=[("data", (2, 3))], for_training=False)
module.set_params({"sum_weight": mxnet.nd.ones((1, 3)), "sum_bias": mxnet.nd.ones((1,))}, {})
module.save_checkpoint("model", 0)
json.dump([{"name": "data", "shape": [2, 3]}], open("model-shapes.json", "w"))
"""
TENSORFLOW = """
import tensorflow
class Doubles(tensorflow.Module):
    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 2], tensorflow.float32, name="x")])
    def __call__(self, x):
        return {"y": 2 * tensorflow.reduce_sum(x, axis=1)}
model = Doubles()
tensorflow.saved_model.save(model, "export/Servo/1", signatures=model.__call__)
"""


TENSORFLOW_HANDLERS = """
import pathlib
pathlib.Path("code").mkdir()
pathlib.Path("code/inference.py").write_text('''
import json, urllib.request
def handler(data, context):
    text = data.read().decode()
    if text == "go on with two":
        del globals()["handler"]
        return "done", "text/plain"
    body = json.dumps({"instances": [[float(each) for each in text.split()]]}).encode()
    with urllib.request.urlopen(context.rest_uri, body) as answer:
        return json.dumps([context.method, json.load(answer)]), context.accept_header
def input_handler(data, context):
    text = data.read().decode()
    assert context.request_content_type == "application/x-words", context
    if text == "go on without":
        del globals()["input_handler"]
        return json.dumps({"instances": [[0, 0]]})
    return json.dumps({"instances": [[float(each) for each in text.split()]]})
def output_handler(response, context):
    if "input_handler" not in globals():
        del globals()["output_handler"]
        return "done", "text/plain"
    if response.status_code != 200:
        return "it said " + response.content.decode(), "text/plain"
    return " ".join(map(str, response.json()["predictions"])), "application/x-words"
''')
"""


class Asked:
    """A running program of the serving contract."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def post(self, body: str | bytes, kind: str = "application/json", accept: str = "") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(ADDRESS, self.port, timeout=60)
        headers = {"Content-Type": kind, **({"Accept": accept} if accept else {})}
        connection.request("POST", "/invocations", body, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found


Serve = Callable[[str, str, str], Asked]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves what a script saves, in the newest environment of a family."""
    processes: list[subprocess.Popen[str]] = []

    def start(family: str, framework: str, script: str) -> Asked:
        python = newest(family)
        subprocess.run([python, "-c", script], cwd=tmp_path, check=True, capture_output=True, timeout=START_S)
        with socket.socket() as one:
            one.bind((ADDRESS, 0))
            port = one.getsockname()[1]
        variables = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(INJECTED / "serving"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CLARY_SERVING": framework,
            "CLARY_FRONT_PYTHON": front().python,
            "CLARY_FRONT_PATH": ":".join(str(Path(package).parent) for package in front().packages),
            "SAGEMAKER_BIND_TO_HOST": ADDRESS,
            "SAGEMAKER_BIND_TO_PORT": str(port),
            "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
            "SM_MODEL_DIR": str(tmp_path),
        }
        process = subprocess.Popen(
            [python, "-m", "clary_serving"], env=variables, cwd="/", stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        deadline = time.monotonic() + START_S
        while ping((ADDRESS, port)) != 200 and process.poll() is None:
            assert time.monotonic() < deadline, "the server is not ready"
            time.sleep(0.05)
        return Asked(process, port)

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=60)


def newest(family: str) -> str:
    there = Environments(environments_root()).installed()
    found = [each for each in there if each.family == family and not each.base]
    if not found:
        pytest.skip(f"there is no environment of {family} here; `clary images build {family}` builds one")
    best = max(found, key=lambda each: each.last_used_at)
    return str(environments_root() / "envs" / best.key / "bin/python")


def test_scikit_learn_predicts_with_the_one_joblib_file(serve: Serve) -> None:
    server = serve("sagemaker-scikit-learn", "sklearn", SKLEARN)

    assert server.post("[[0], [3]]") == (200, b"[0, 1]")
    assert server.post("0\n3\n", "text/csv", "text/csv") == (200, b"0\n1\n")
    assert server.post("[[0, 1]]")[0] == 500


def test_torchscript_answers_tensors_as_lists_and_arrays(serve: Serve) -> None:
    server = serve("pytorch-training", "pytorch", TORCH)
    stream = io.BytesIO()
    numpy.save(stream, numpy.array([[1, 2]], dtype="float32"))

    assert server.post("[[0, 0], [3, 3]]") == (200, b"[[1.0], [13.0]]")
    status, body = server.post(stream.getvalue(), "application/x-npy", "application/x-npy")
    assert (status, numpy.load(io.BytesIO(body)).tolist()) == (200, [[7.0]])
    assert server.post('[["a"]]')[0] == 400


def test_a_state_dict_says_that_it_needs_a_model_fn(serve: Serve) -> None:
    server = serve("pytorch-training", "pytorch", STATE_DICT)

    assert server.process.wait(60) == 1
    assert server.process.stderr is not None
    assert "model.pth is a state dict, which has no network" in server.process.stderr.read()


def test_a_native_booster_answers_as_the_built_in_algorithm(serve: Serve) -> None:
    server = serve("sagemaker-xgboost", "xgboost", XGBOOST)

    status, body = server.post("0,1\n198,\n", "text/csv")
    low, high = (float(each) for each in body.split(b","))
    assert status == 200
    assert low < 0.5 < high
    status, body = server.post("0:4 1:5\n1 0:198 1:199\n", "text/libsvm", "application/json")
    assert [each["score"] > 0.5 for each in json.loads(body)["predictions"]] == [False, True]
    assert server.post("1,2\n1", "text/csv") == (
        400,
        b"The body is not text/csv: row 2 has 1 fields, row 1 has 2",
    )
    assert server.post("x", "text/x-libsvm")[0] == 200  # a label without features
    assert server.post("a:b", "text/x-libsvm")[0] == 400


def test_a_module_of_mxnet_answers_any_number_of_rows(serve: Serve) -> None:
    server = serve("mxnet-training", "mxnet", MXNET)

    assert server.post("[[0, 0, 1], [3, 3, 3], [1, 1, 1]]") == (200, b"[[2.0], [10.0], [4.0]]")
    assert server.post('[["a"]]')[0] == 400


def test_a_saved_model_has_the_contract_of_tensorflow_serving_and_its_script_one_handler_or_two(
    serve: Serve,
) -> None:
    # One server for all, because TensorFlow takes long to start: its script drops its handlers when asked.
    server = serve("tensorflow-training", "tensorflow", TENSORFLOW + TENSORFLOW_HANDLERS)

    status, body = server.post("1 2", "application/x-words")
    assert (status, json.loads(body)) == (200, ["predict", {"predictions": [6.0]}])
    assert server.post("go on with two") == (200, b"done")
    assert server.post("1 2", "application/x-words") == (200, b"6.0")
    assert server.post("1 2 3", "application/x-words")[1].startswith(b"it said")
    status, said = server.post("1 2", "text/plain")
    assert (status, b"AssertionError" in said) == (500, True)
    assert server.post("go on without", "application/x-words") == (200, b"done")

    assert json.loads(server.post('{"instances": [[1, 2], [3, 4]]}')[1]) == {"predictions": [6.0, 14.0]}
    assert json.loads(server.post('{"instances": [{"x": [1, 2]}]}')[1]) == {"predictions": [6.0]}
    assert json.loads(server.post('{"inputs": {"x": [[1, 2]]}}')[1]) == {"outputs": [6.0]}
    assert json.loads(server.post("1,2\n3,4", "text/csv")[1]) == {"predictions": [6.0, 14.0]}
    status, body = server.post('{"instances": [[1, 2, 3]]}')
    assert (status, b"has the shape (1, 3), not (None, 2)" in body) == (400, True)
    assert server.post('{"signature_name": "other", "instances": [[1, 2]]}')[0] == 400
