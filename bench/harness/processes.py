"""Starts servers, waits for them, measures their memory and CPU, and ends them with their descendants."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

START_TIMEOUT_S = 120.0
END_TIMEOUT_S = 15.0
LOOK_S = 0.005


def free_port() -> int:
    """A port on loopback on which no process listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    log: str = "server.log",
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a process during the block. Ends it and its descendants afterwards."""
    with (folder / log).open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(environ) if environ is not None else clean_environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    except Exception as error:
        error.add_note(f"{command[0]} said:\n{(folder / log).read_text(errors='replace')[-3000:]}")
        raise
    finally:
        end(process)


def clean_environ() -> dict[str, str]:
    """This process's environment variables, without those that configure AWS clients or Python."""
    prefixes = ("AWS_", "CLARY_", "SAGEMAKER_", "BOTO", "PYTHON", "SM_", "RAY_", "MLFLOW_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def wait_until_answered(
    port: int, path: str, process: subprocess.Popen[bytes], *, address: str = "127.0.0.1"
) -> None:
    """Waits until a GET is answered with a status below 500. Raises RuntimeError after a timeout."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it answered")
        connection = http.client.HTTPConnection(address, port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        except OSError:
            time.sleep(LOOK_S)
        finally:
            connection.close()
    raise RuntimeError(f"nothing answered on port {port} within {START_TIMEOUT_S:.0f} s")


def memory_mb(pid: int) -> tuple[float, int]:
    """The proportional set size of a process and its descendants in MB, and the number of processes."""
    family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    total = 0
    for each in family:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total / 1e6, len(family)


def cpu_s(pid: int) -> float:
    """The CPU seconds of a process and its descendants.

    Of descendants that have ended, only those count that their parent has waited for.
    """
    total = 0.0
    for each in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def end(process: subprocess.Popen[bytes]) -> None:
    """Sends SIGTERM, then SIGKILL, to a process that we started and to its descendants."""
    family = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()
    for child in psutil.wait_procs(family, timeout=5)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
