"""Ends as the hyperparameter how says."""

import json
import os
import signal
import sys
import time

with open("/opt/ml/input/config/hyperparameters.json") as file:
    how = json.load(file)["how"]


def save(*_):
    with open("/opt/ml/model/saved.txt", "w") as file:
        file.write("saved at the stop")
    print("saved", flush=True)
    sys.exit(0)


if how == "fails":
    with open("/opt/ml/output/failure", "w") as file:
        file.write("the data has no labels")
    print("on stdout", flush=True)
    print("on stderr", file=sys.stderr, flush=True)
    sys.exit(3)
if how == "caches":
    folder = os.environ["SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"]
    print(f"found {sorted(os.listdir(folder))}", flush=True)
    open(os.path.join(folder, "kept"), "w").close()
    sys.exit(0)
if how == "saves":
    signal.signal(signal.SIGTERM, save)
print("waits", flush=True)
while True:
    time.sleep(1)
