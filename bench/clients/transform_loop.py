"""Predicts the rows of a CSV file in a plain loop, as a script alone does. Prints its seconds."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
import time

import numpy as np

BATCH = 10_000


def main(module: str, source: str, target: str, one_row: bool) -> float:
    served = importlib.import_module(module)
    model = served.made()
    began = time.perf_counter()
    with open(source) as lines, open(target, "w") as out:
        while batch := list(itertools.islice(lines, 1 if one_row else BATCH)):
            rows = np.array([line.split(",") for line in batch], dtype=np.float32)
            out.writelines(f"{label}\n" for label in served.predict(model, rows))
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
