"""Trains one step, and says what of the debugger is in the process."""

import json
import os
import sys

import torch

finders = [type(finder).__module__ for finder in sys.meta_path if not isinstance(finder, type)]
network = torch.nn.Linear(4, 2)
network(torch.ones(3, 4)).sum().backward()
found = {
    "modules": sorted(name for name in sys.modules if name.split(".")[0] in ("clary", "smdebug")),
    "finders": [name for name in finders if name.startswith("clary.")],
    "call": torch.nn.Module.__call__.__module__,
    "config": os.path.exists("/opt/ml/input/config/debughookconfig.json"),
    "tensors": os.listdir("/opt/ml/output/tensors"),
}
print("RESULT " + json.dumps(found), flush=True)
