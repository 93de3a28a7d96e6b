"""Counts the jobs that have found one another's cache folder."""

import json
import os

folder = os.environ.get("SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY", "")
found = 0
if folder:
    path = os.path.join(folder, "jobs.json")
    if os.path.exists(path):
        with open(path) as file:
            found = json.load(file)
    with open(path, "w") as file:
        json.dump(found + 1, file)
    assert os.listdir("/opt/ml/sagemaker/warmpoolcache") == ["jobs.json"]
print(f"found the cache of {found} jobs")
