"""Steady requests to an endpoint from several threads, all on loopback, until the test has seen enough."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.endpoints import Endpoints
from tests.journeys.server import Clients, wait_for

THREADS = 4


@dataclass
class Load:
    """What became of the requests so far. answers: by the factor of the model that gave them."""

    answers: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, factor: int) -> None:
        with self._lock:
            self.answers[factor] += 1

    def fail(self, error: Exception) -> None:
        with self._lock:
            self.failures.append(f"{type(error).__name__}: {error}")

    def wait_for_more(self, factor: int, count: int, *, timeout_s: float = 240.0) -> None:
        """Waits for some more answers of one model."""
        wanted = self.answers[factor] + count
        wait_for(
            lambda: self.answers[factor] >= wanted,
            f"{count} more answers by {factor}: {self}",
            timeout_s=timeout_s,
        )


@contextmanager
def load(endpoints: Endpoints, name: str, *, threads: int = THREADS) -> Iterator[Load]:
    """Asks an endpoint of ``times.py`` in the block, each thread one question at a time, without retries."""
    seen, ended = Load(), threading.Event()

    def ask() -> None:
        own = Endpoints(_without_retries(endpoints), endpoints.bucket, endpoints.role_arn)
        while not ended.is_set():
            try:
                answered = own.ask(name, value=11)
                assert answered["answer"] == 11 * answered["factor"]
                seen.note(answered["factor"])
            except Exception as error:
                seen.fail(error)
                ended.wait(0.05)

    workers = [threading.Thread(target=ask, name=f"load {number}") for number in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield seen
    finally:
        ended.set()
        for worker in workers:
            worker.join()


def _without_retries(endpoints: Endpoints) -> Clients:
    """Clients of one thread, each made once."""
    known: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in known:
            known[service] = endpoints.clients(
                service, retries={"total_max_attempts": 1}, read_timeout=90, connect_timeout=30
            )
        return known[service]

    return client
