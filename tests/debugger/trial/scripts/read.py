"""Reads a trial with the real smdebug, and writes everything into one file of arrays.

    read.py '{"root": ..., "out": "x.npz"}'    prints everything else that it has read

Arrays are named ``value|<tensor>|<global step>|<worker>``, ``stored|...|<reduction>|<abs>``
and ``computed|...`` likewise.
"""

import json
import sys

import numpy as np
from smdebug import modes
from smdebug.exceptions import TensorUnavailableForStep
from smdebug.trials import create_trial

COMPUTED = [("mean", False), ("mean", True), ("min", False), ("variance", True)]


def read(root, out):
    trial = create_trial(root)
    arrays = {}
    for name in trial.tensor_names():
        tensor = trial.tensor(name)
        for step in tensor.steps():
            for worker in tensor.workers(step):
                read_one(tensor, name, step, worker, arrays)
    np.savez(out, **arrays)
    return {
        "steps": {mode.name: trial.steps(mode=mode) for mode in modes},
        "tensor_names": trial.tensor_names(),
        "names_by_step": {str(step): trial.tensor_names(step=step) for step in trial.steps()},
        "workers": trial.workers(),
        "collections": {name: trial.tensor_names(collection=name) for name in sorted(trial.collections())},
        "regexes": {name: coll.include_regex for name, coll in sorted(trial.collections().items())},
        "ended": trial.loaded_all_steps,
    }


def read_one(tensor, name, step, worker, arrays):
    key = f"{name}|{step}|{worker}"
    try:
        value = tensor.value(step, worker=worker)
    except TensorUnavailableForStep:
        value = None
    for (reduction, absolute), stored in tensor.reduction_values(step, worker=worker).items():
        arrays[f"stored|{key}|{reduction}|{absolute}"] = stored
    if value is None:
        return
    arrays["value|" + key] = value
    if value.dtype.kind == "f" and value.size:
        for reduction, absolute in COMPUTED:
            computed = tensor.reduction_value(step, reduction, worker=worker, abs=absolute)
            arrays[f"computed|{key}|{reduction}|{absolute}"] = computed


if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    print(json.dumps(read(**arguments)))
