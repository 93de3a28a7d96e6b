from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from clary.store.log_sync import LogSync

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

THREADS = 24


@pytest.fixture
def log(tmp_path: Path) -> LogSync:
    (tmp_path / "clary.db-wal").write_bytes(b"commits")
    return LogSync(str(tmp_path / "clary.db"))


def test_each_thread_returns_after_a_sync_that_began_after_its_call(
    log: LogSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[tuple[float, float]] = []

    def slow(_fd: int) -> None:
        began = time.monotonic()
        time.sleep(0.01)
        syncs.append((began, time.monotonic()))

    monkeypatch.setattr(os, "fdatasync", slow)
    calls: list[tuple[float, float]] = []

    def call() -> None:
        for _ in range(3):
            began = time.monotonic()
            log.sync()
            calls.append((began, time.monotonic()))

    _in_threads(call)

    assert len(calls) == 3 * THREADS
    for began, ended in calls:
        assert any(began <= sync_began and sync_ended <= ended for sync_began, sync_ended in syncs)
    assert len(syncs) < len(calls) / 4
    log.close()


def test_each_thread_is_told_of_a_disk_that_fails(log: LogSync, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_fd: int) -> None:
        time.sleep(0.001)
        raise OSError("the disk is gone")

    told: list[str] = []

    def call() -> None:
        try:
            log.sync()
        except OSError as error:
            told.append(str(error))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fail)
        _in_threads(call)

    assert told == ["the disk is gone"] * THREADS
    log.sync()
    log.close()


def _in_threads(call: Callable[[], None]) -> None:
    threads = [threading.Thread(target=call) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)
        assert not thread.is_alive()
