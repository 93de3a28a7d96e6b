"""Sends one prepared request again and again over some connections, and prints the latencies.

The client is the one that Clary's gateway has for models: the same for all, and as light as can be.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

from clary.server.inference.model_connection import ModelConnection

MOST_TOLD = 2_000
"""Latencies that are printed, at least so many and less than twice as many."""


async def load(
    port: int, head: str, body: str, connections: int, seconds: float, host: str
) -> dict[str, Any]:
    taken: list[float] = []
    until = time.perf_counter() + seconds

    async def one() -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(ModelConnection, host, port)
        while time.perf_counter() < until:
            began = time.perf_counter()
            connection.send(head.encode(), body.encode())
            answered = await connection.head()
            pieces = []
            while piece := await connection.piece():
                pieces.append(piece)
            taken.append(time.perf_counter() - began)
            if answered.status != 200:
                raise RuntimeError(f"{answered.status}: {b''.join(pieces)[:500]!r}")
            if not connection.is_reusable:
                connection.close()
                _, connection = await loop.create_connection(ModelConnection, host, port)
        connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    rate = len(taken) / (time.perf_counter() - began)
    # Evenly out of all, in microseconds: the percentiles stay, and the line is short.
    kept = sorted(taken)[:: max(1, len(taken) // MOST_TOLD)]
    return {"rate": rate, "seconds": [round(each, 6) for each in kept]}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(load(**json.loads(sys.argv[1])))))
