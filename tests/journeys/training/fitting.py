"""Fits a line by gradient descent in plain Python: a training that needs no package and has a curve.

In its log: the colours and the carriage returns of a terminal. Fails at the end where it is told to.
"""

import argparse
import json
import os
import pathlib
import random
import time

options = argparse.ArgumentParser()
options.add_argument("--steps", type=int, default=200)
options.add_argument("--rate", type=float, default=0.1)
options.add_argument("--pause", type=float, default=0.0)
options.add_argument("--fail", default="")
told = options.parse_args()

print("\x1b[1;32mFitting\x1b[0m y = 3x + 1", flush=True)
random.seed(0)
points = [(x / 50, 3 * x / 50 + 1 + random.gauss(0, 0.01)) for x in range(50)]
slope = offset = 0.0
for step in range(told.steps):
    errors = [(slope * x + offset - y, x) for x, y in points]
    loss = sum(error**2 for error, _ in errors) / len(points)
    slope -= told.rate * 2 * sum(error * x for error, x in errors) / len(points)
    offset -= told.rate * 2 * sum(error for error, _ in errors) / len(points)
    print(f"step {step} loss={loss:.6f}; slope={slope:.4f};", flush=True)
    time.sleep(told.pause)
# In one write: a bar without the end of its line is shown as it is when the reader gets it.
print("10%\r50%\rsaved 100%\n", end="", flush=True)
if told.fail:
    raise ValueError(told.fail)
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "line.json").write_text(json.dumps({"slope": slope, "offset": offset}))
