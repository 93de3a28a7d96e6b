"""Reads and sums every value of a trial. Prints seconds, CPU seconds, bytes and the number of values.

``library``: smdebug or clary, with the same calls, one tensor at a time; or clary-steps, with the calls for
whole steps. Runs in a Python that has the library.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np


def smdebug(path: str) -> Iterator[np.ndarray]:
    from smdebug.trials import create_trial

    yield from one_by_one(create_trial(path))


def clary(path: str) -> Iterator[np.ndarray]:
    from clary.debugger import open_trial

    yield from one_by_one(open_trial(path))


def clary_steps(path: str) -> Iterator[np.ndarray]:
    from clary.debugger import open_trial

    for step in open_trial(path).follow():
        yield from step.tensors().load().values()


def one_by_one(trial: object) -> Iterator[np.ndarray]:
    for name in trial.tensor_names():
        tensor = trial.tensor(name)
        for step in tensor.steps():
            yield tensor.value(step)


def main(library: str, path: str) -> dict[str, float]:
    read = {"smdebug": smdebug, "clary": clary, "clary-steps": clary_steps}[library]
    next(read(path))  # imports modules and opens connections before the measurement
    size = count = 0
    total = 0.0
    began, cpu = time.perf_counter(), time.process_time()
    for value in read(path):
        # A mapped file is read only when its values are used.
        total += float(value.sum())
        size += value.nbytes
        count += 1
    seconds = {"s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    return {**seconds, "bytes": size, "values": count, "total": total}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
