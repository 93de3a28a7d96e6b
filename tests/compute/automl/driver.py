"""Runs programs of the image ``clary-automl`` for tests: many in one process, as its imports take seconds.

Reads a list of {"base", "arguments", "config", "hyperparameters", "inputs"} from a file; Writes what
each said. inputs: target to source of folders that are copied before, both beside the base.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from clary_automl.__main__ import main  # type: ignore[import-not-found]


def run(case: dict[str, Any]) -> dict[str, Any]:
    base = Path(case["base"])
    for target, source in case.get("inputs", {}).items():
        shutil.copytree(base.parent / source, base.parent / target, dirs_exist_ok=True)
    os.environ["SAGEMAKER_BASE_DIR"] = str(base)
    os.environ["TMPDIR"] = str(base / "tmp")
    os.environ["CLARY_AUTOML_CONFIG"] = json.dumps(case.get("config", {}))
    config = base / "input/config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "hyperparameters.json").write_text(json.dumps(case.get("hyperparameters", {})))
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        status = main(case["arguments"])
    message = base / "output/message"
    return {
        "status": status,
        "message": message.read_text() if message.exists() else "",
        "log": log.getvalue(),
    }


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Loads a model as its endpoint does, and answers "requests": [[body, type, accept]]."""
    from clary_automl import serving
    from clary_automl.trouble import BadInput

    os.environ["SAGEMAKER_INFERENCE_OUTPUT"] = case.get("keys", "")
    model = serving.load(os.path.join(case["base"], "model"))
    answers = []
    for body, content_type, accept in case["requests"]:
        try:
            rows = serving.rows_of(body, content_type, model.schema)
            keys = serving.inference_keys(model.schema)
            answers.append(serving.answer(model.predict(rows), keys, model.schema.classes, accept))
        except BadInput as error:
            answers.append(f"refused: {error}")
    return {"answers": answers}


if __name__ == "__main__":
    cases = json.loads(Path(sys.argv[1]).read_text())
    found = [predict(case) if "requests" in case else run(case) for case in cases]
    Path(sys.argv[2]).write_text(json.dumps(found))
