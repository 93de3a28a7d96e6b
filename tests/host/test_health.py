"""The health of a server, with a real one."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clary.host import health
from clary.host.health import HealthCheck, ping

Address = tuple[str, int]


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """Answers with its ``status``; its ``asked`` counts."""

    class Pinged(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked += 1  # type: ignore[attr-defined]
            self.send_response(running.status)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    running = ThreadingHTTPServer(("127.0.0.1", 0), Pinged)
    running.status, running.asked = 200, 0  # type: ignore[attr-defined]
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def check(address: Any, said: queue.SimpleQueue[str], timeout_s: float = 30.0) -> HealthCheck:
    started = HealthCheck(
        (address[0], address[1]),
        timeout_s=timeout_s,
        on_healthy=lambda: said.put("healthy"),
        on_ill=said.put,
    )
    started.start()
    return started


def test_the_first_200_is_told_once(server: Any) -> None:
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    server.status = 503

    checked = check(server.server_address, said)
    while server.asked < 3:
        threading.Event().wait(0.01)
    assert said.empty()
    server.status = 200

    assert said.get(timeout=90) == "healthy"
    checked.close()
    assert said.empty()


@pytest.mark.parametrize(("status", "why"), [(503, "the last answer was 503"), (200, "")])
def test_a_server_that_is_not_ready_in_time_is_told_with_its_last_answer(
    server: Any, status: int, why: str
) -> None:
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    server.status = status

    checked = check(server.server_address, said, timeout_s=0.05)

    if why:
        assert f"within 0.05 s ({why})" in said.get(timeout=90)
    else:
        assert said.get(timeout=90) == "healthy"
    checked.close()


def test_a_server_that_answers_no_more_is_ill(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "HEALTHY_EVERY_S", 0.01)
    monkeypatch.setattr(health, "ILL_AFTER_S", 0.05)
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    checked = check(server.server_address, said)
    assert said.get(timeout=90) == "healthy"

    server.status = 500

    assert "has not answered GET /ping with 200" in said.get(timeout=90)
    checked.close()


@pytest.mark.parametrize("answer", [b"no HTTP at all", b"", b"HTTP/1.1 20"])
def test_what_is_no_answer_is_told_in_words(answer: bytes) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def reply() -> None:
            link, _ = listening.accept()
            with link:
                link.recv(1000)
                link.sendall(answer)

        threading.Thread(target=reply, daemon=True).start()

        assert ping(listening.getsockname()) == "an answer that is not HTTP"
        address = listening.getsockname()
    assert ping(address) == "Connection refused"
