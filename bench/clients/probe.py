"""Lists and describes jobs for some seconds, one call every 20 ms. Prints the milliseconds of every call."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from describe import bare

EVERY_S = 0.02


def main(job: str, seconds: float) -> dict[str, list[float]]:
    asks = {"describe": bare(job, "describe"), "list": bare(job, "list")}
    found: dict[str, list[float]] = {name: [] for name in asks}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for name, ask in asks.items():
            began = time.perf_counter()
            ask()
            found[name].append(1e3 * (time.perf_counter() - began))
            time.sleep(EVERY_S)
    return found


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
