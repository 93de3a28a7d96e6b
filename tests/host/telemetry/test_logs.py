"""Every line is delivered once: with lost requests, lost answers, and without a server."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.domain.identity import Credentials
from clary.host.client.service import Service
from clary.host.errors import Gone
from clary.host.telemetry.logs import MAX_LINE_BYTES, LogShipper
from clary.host.telemetry.spool import Spool

Launch = Callable[..., RunningAgent]
NUMBERS = [str(number) for number in range(3000)]
COUNT = "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done"


class Shipping:
    def __init__(self, standin: Standin, folder: Path) -> None:
        self.gone: list[Gone] = []
        self.notes: list[str] = []
        self.service = Service(standin.url, "us-east-1", lambda: Credentials("A", "s"))
        self.spool = Spool(folder / "spool")
        self.shipper = LogShipper(self.service, "g", "s", self.spool, self.gone.append, self.notes.append)

    def send(self, *lines: bytes) -> None:
        self.shipper.write(lines)
        self.shipper.close()
        self.service.close()


@pytest.fixture
def shipping(standin: Standin, tmp_path: Path) -> Shipping:
    return Shipping(standin, tmp_path)


@pytest.mark.parametrize("fault", ["500", "drop", "lose"])
def test_lines_arrive_once_and_in_order_through_faults(launch: Launch, standin: Standin, fault: str) -> None:
    standin.fault = lambda name, count: fault if name == "PutLogEvents" and count % 2 == 0 else None

    launch(**shell(COUNT)).wait()

    assert standin.lines == NUMBERS


def test_lines_written_while_the_server_is_away_arrive_when_it_is_back(
    launch: Launch, standin: Standin
) -> None:
    agent = launch(**shell(f"echo up; while [ ! -e $TMPDIR/go ]; do sleep 0.01; done; {COUNT}"))
    until(lambda: "up" in standin.lines)

    standin.stop()
    (agent.folder / "tmp/go").touch()
    until(lambda: (agent.folder / "work/log.spool").stat().st_size > 10_000)
    standin.start()

    agent.wait()
    assert standin.lines == ["up", *NUMBERS]
    assert standin.reports[-1]["Outcome"] == "Succeeded"


def test_a_line_reaches_the_reader_within_half_a_second(launch: Launch, standin: Standin) -> None:
    agent = launch(**shell("while :; do date +%s%3N; sleep 0.02; done"))
    until(lambda: len(standin.lines) > 20)

    age_ms = time.time() * 1000 - int(standin.lines[-1])

    agent.process.send_signal(signal.SIGTERM)
    agent.wait()
    assert age_ms < 500


def test_a_long_line_is_cut_between_characters(shipping: Shipping, standin: Standin) -> None:
    line = "é" * MAX_LINE_BYTES

    shipping.send(line.encode())

    assert "".join(standin.lines) == line
    assert max(len(piece.encode()) for piece in standin.lines) <= MAX_LINE_BYTES


def test_batches_keep_the_limits_of_the_service(shipping: Shipping, standin: Standin) -> None:
    shipping.send(*[b"x" * 1000] * 3000, *[b""] * 12_000)

    assert len(standin.lines) == 15_000
    assert standin.calls.count("PutLogEvents") == 4


def test_an_empty_line_is_sent_as_a_space_because_an_event_may_not_be_empty(
    shipping: Shipping, standin: Standin
) -> None:
    shipping.send(b"a", b"", b"b")

    assert standin.lines == ["a", " ", "b"]


def test_bytes_that_are_no_text_do_not_stop_the_log(shipping: Shipping, standin: Standin) -> None:
    shipping.send(b"\xff\xfe ok")

    assert standin.lines == ["\ufffd\ufffd ok"]


def test_events_are_in_order_of_time_when_the_clock_is_set_back(
    shipping: Shipping, standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([2000.0, 1000.0])
    monkeypatch.setattr("clary.host.telemetry.logs.time.time", lambda: next(times, 3000.0))

    shipping.shipper.write([b"first"])
    shipping.send(b"second")

    assert [at for at, _line in standin.events] == [2_000_000, 2_000_000]


def test_a_missing_stream_is_created(shipping: Shipping, standin: Standin) -> None:
    standin.missing_streams = 1

    shipping.send(b"a")

    assert standin.lines == ["a"]
    assert "CreateLogStream" in standin.calls


def test_a_batch_that_is_no_good_does_not_hold_up_the_next(shipping: Shipping, standin: Standin) -> None:
    standin.invalid = {"bad"}

    shipping.shipper.write([b"bad"])
    until(lambda: bool(shipping.notes))
    shipping.send(b"good")

    assert standin.lines == ["good"]
    assert "1 log lines were not accepted" in shipping.notes[0]


def test_an_agent_whose_job_is_gone_ends_itself(launch: Launch, standin: Standin) -> None:
    agent = launch(**shell("echo up; exec sleep 60"))
    until(lambda: "up" in standin.lines)

    standin.denied = {"PutLogEvents", "ReportHost"}
    agent.process.send_signal(signal.SIGTERM)

    agent.wait()


def test_a_job_that_is_refused_at_its_start_ends(launch: Launch, standin: Standin) -> None:
    standin.denied = {"ReportHost"}

    launch(**shell("exec sleep 60")).wait()


def test_a_process_that_writes_much_does_not_fill_the_memory(launch: Launch, standin: Standin) -> None:
    agent = launch(
        **shell(
            "echo up; while [ ! -e $TMPDIR/go ]; do sleep 0.01; done;"
            "head -c 60000000 /dev/zero | tr '\\0' 'x' | fold -w 999"
        )
    )
    until(lambda: "up" in standin.lines)
    standin.stop()
    (agent.folder / "tmp/go").touch()
    until(lambda: (agent.folder / "work/log.spool").stat().st_size > 60_000_000, timeout_s=90)

    status = Path(f"/proc/{agent.process.pid}/status").read_text()

    standin.start()
    agent.wait(60)
    peak_kib = int(status.partition("VmHWM:")[2].split()[0])
    assert peak_kib < 60_000
    assert sum(len(line) for line in standin.lines) == 60_000_002
