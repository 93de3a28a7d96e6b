from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import shutil
import signal
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clary.compute.backend import ENDED, LOST, Backend
from clary.compute.backends import _forking
from clary.compute.backends.process import ProcessBackend, agent_environ
from clary.compute.contract import BackendContract, until_over
from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostSpec, TrainingSpec
from clary.domain.hosts.protocol import OTHER_FILES, PROTOCOL
from clary.host.sandbox import SandboxKind, probe


class Server(BaseHTTPRequestHandler):
    """Accepts every request of an agent; other tests check what the agent does with answers."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        answer = b'{"AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c", "Expiration": 4e9}'
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def spec(url: str) -> HostSpec:
    return HostSpec(
        job_name="job",
        job_arn="arn:aws:sagemaker:us-east-1:111122223333:training-job/job",
        host_name="algo-1",
        hosts={"algo-1": "127.64.0.1"},
        cpus=1,
        memory_bytes=2**30,
        gpus=0,
        endpoint=Endpoint(url, "us-east-1", "111122223333"),
        agent_credentials=AgentCredentials("a", "b", "c"),
        role_arn="arn:aws:iam::111122223333:role/Trainer",
        environment=EnvironmentSpec("system", "/usr"),
        workload=TrainingSpec(entrypoint=("/bin/true",)),
    )


def _runs(*command: bytes) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes() == b"".join(word + b"\0" for word in command):
                return True
    return False


async def end_all(backend: ProcessBackend) -> None:
    """Kills every agent that a test has started."""
    for folder in backend.root.iterdir():
        with contextlib.suppress(ProcessLookupError):
            if await backend.poll(folder.name) is None:
                os.kill(int((folder / "agent.pid").read_text()), signal.SIGKILL)
        await until_over(backend, folder.name)


class TestProcessBackend(BackendContract):
    @pytest.fixture(params=[SandboxKind.BUBBLEWRAP, SandboxKind.UNSHARE], ids=lambda kind: str(kind.value))
    def backend(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProcessBackend]:
        kind: SandboxKind = request.param
        if probe((kind,)).kind is not kind:
            pytest.skip(f"{kind.value} does not work on this machine; `clary doctor` says why")
        backend = ProcessBackend(tmp_path, sandbox=kind.value)
        yield backend
        asyncio.run(end_all(backend))
        backend.close()

    @pytest.fixture
    def endless(self, spec: HostSpec) -> HostSpec:
        return dataclasses.replace(spec, workload=TrainingSpec(entrypoint=("/bin/sleep", "600")))

    def again(self, backend: Backend) -> Backend:
        assert isinstance(backend, ProcessBackend)
        return ProcessBackend(backend.root, sandbox=backend.sandbox)

    def kill(self, backend: Backend, handle: str) -> None:
        assert isinstance(backend, ProcessBackend)
        os.kill(int((backend.root / handle / "agent.pid").read_text()), signal.SIGKILL)

    def test_what_starts_agents_may_be_killed_and_agents_go_on(
        self, backend: ProcessBackend, spec: HostSpec, endless: HostSpec
    ) -> None:
        async def scenario() -> tuple[int | None, int]:
            first = await backend.launch("job-0-algo-1", endless)
            backend.close()
            second = await backend.launch("job-0-algo-2", spec)
            return await backend.poll(first), await until_over(backend, second)

        assert asyncio.run(scenario()) == (None, 0)

    def test_signals_that_the_server_ignores_are_not_ignored_by_jobs(
        self, backend: ProcessBackend, spec: HostSpec
    ) -> None:
        # Bits of INT and QUIT, as a shell ignores them for what a script starts with "&", and of HUP (nohup).
        looks = ("/bin/sh", "-c", "grep -q '^SigIgn:.*[08]$' /proc/self/status")
        spec = dataclasses.replace(spec, workload=TrainingSpec(entrypoint=looks))
        numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
        before = [signal.signal(number, signal.SIG_IGN) for number in numbers]

        async def scenario() -> None:
            await until_over(backend, await backend.launch("job-0-algo-1", spec))

        try:
            asyncio.run(scenario())
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)
        ended = json.loads((backend.root / "job-0-algo-1" / "exit.json").read_text())
        assert ended["Outcome"] == "Succeeded"

    def test_what_a_host_is_told_is_for_nobody_else(self, backend: ProcessBackend, spec: HostSpec) -> None:
        asyncio.run(backend.launch("job-0-algo-1", spec))

        folder = backend.root / "job-0-algo-1"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "spec.json").stat().st_mode) == 0o600

    def test_an_agent_that_does_not_end_in_its_time_is_killed(
        self, backend: ProcessBackend, endless: HostSpec
    ) -> None:
        at = [1000.0]
        endless = dataclasses.replace(
            endless, workload=TrainingSpec(entrypoint=("/bin/sleep", "4567.8")), stop_grace_s=120.0
        )

        async def scenario() -> tuple[int | None, int]:
            handle = await backend.launch("job-0-algo-1", endless)
            while not _runs(b"/bin/sleep", b"4567.8"):
                await asyncio.sleep(0.01)
            # Like an agent whose main thread is blocked: it does not handle signals.
            os.kill(int((backend.root / handle / "agent.pid").read_text()), signal.SIGSTOP)
            await self._stopping(backend, at).stop(handle)
            at[0] += 129.0
            await self._stopping(backend, at).stop(handle)
            in_time = await backend.poll(handle)
            at[0] += 2.0
            # A different server than the one that asked first.
            await self._stopping(backend, at).stop(handle)
            return in_time, await until_over(backend, handle)

        assert asyncio.run(scenario()) == (None, ENDED)
        deadline = time.monotonic() + 90.0
        while _runs(b"/bin/sleep", b"4567.8"):
            assert time.monotonic() < deadline, "the user's process goes on"
            time.sleep(0.01)

    def _stopping(self, backend: ProcessBackend, at: list[float]) -> ProcessBackend:
        return ProcessBackend(backend.root, delivery_s=10.0, clock=lambda: at[0])

    def test_a_host_that_ends_when_it_is_asked_is_not_killed(
        self, backend: ProcessBackend, endless: HostSpec
    ) -> None:
        async def scenario() -> int:
            handle = await backend.launch("job-0-algo-1", endless)
            await backend.stop(handle)
            return await until_over(backend, handle)

        assert asyncio.run(scenario()) == 0

    @pytest.mark.parametrize("host_id", ["", "../job", "a/b", ".."])
    def test_a_host_id_stays_in_its_folder(
        self, backend: ProcessBackend, spec: HostSpec, host_id: str
    ) -> None:
        with pytest.raises(ValueError, match="can't name a host's folder"):
            asyncio.run(backend.launch(host_id, spec))

    def test_what_cannot_be_removed_is_noted_and_not_tried_for_ever(
        self, backend: ProcessBackend, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (backend.root / "job-0-algo-1/kept").mkdir(parents=True)
        remove = os.rmdir

        def refuse(name: str, **more: Any) -> None:
            if name == "kept":
                raise PermissionError(1, "Operation not permitted", name)
            remove(name, **more)

        monkeypatch.setattr(os, "rmdir", refuse)

        asyncio.run(backend.forget("job-0-algo-1"))

        assert "job-0-algo-1 can't be removed and stays" in caplog.text


def test_no_secret_of_the_server_is_in_the_memory_of_a_sandbox(
    tmp_path: Path, spec: HostSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Process 1 is a copy of the process that starts agents, which therefore must not have any."""
    if os.geteuid() != 0 or probe((SandboxKind.UNSHARE,)).kind is not SandboxKind.UNSHARE:
        pytest.skip("needs root, to look, and namespaces")
    monkeypatch.setenv("UV_INDEX_PASSWORD", "".join(["of-the", "-server"]))
    backend = ProcessBackend(tmp_path, sandbox="unshare")
    endless = dataclasses.replace(
        spec,
        agent_credentials=AgentCredentials("a", "of-the-agent", "c"),
        workload=TrainingSpec(entrypoint=("/bin/sleep", "4567.9")),
    )

    async def scenario() -> bytes:
        await backend.launch("job-0-algo-1", endless)
        while not _runs(b"/bin/sleep", b"4567.9"):
            await asyncio.sleep(0.01)
        agent = int((tmp_path / "job-0-algo-1/agent.pid").read_text())
        (first,) = Path(f"/proc/{agent}/task/{agent}/children").read_text().split()
        return _memory(int(first))

    try:
        memory = asyncio.run(scenario())
    finally:
        asyncio.run(end_all(backend))
        backend.close()
    assert b"/bin/sleep" in memory
    assert b"of-the-server" not in memory
    assert b"of-the-agent" not in memory


def _memory(pid: int) -> bytes:
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            ends, rights = line.split()[:2]
            start, end = (int(text, 16) for text in ends.split("-"))
            if rights.startswith("rw"):
                memory.seek(start)
                with contextlib.suppress(OSError):
                    found.append(memory.read(end - start))
    return b"".join(found)


@pytest.mark.parametrize("changed", ["at its start", "later"])
def test_hosts_of_other_files_than_the_servers_are_refused(
    tmp_path: Path, spec: HostSpec, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    """Clary was installed anew under a server that runs."""
    source = tmp_path / "src"
    shutil.copytree(_forking._SOURCE + "/clary", source / "clary", ignore=shutil.ignore_patterns("studio"))
    monkeypatch.setattr(_forking, "_START", _forking._START.replace(_forking._SOURCE, str(source)))
    backend = ProcessBackend(tmp_path / "hosts", sandbox="none")
    protocol = source / "clary/domain/hosts/protocol.py"

    async def scenario() -> tuple[int, str]:
        if changed == "later":
            assert await until_over(backend, await backend.launch("job-0-algo-1", spec)) == 0
        text = protocol.read_text()
        protocol.write_text(text.replace(f"\nPROTOCOL = {PROTOCOL}\n", f"\nPROTOCOL = {PROTOCOL + 1}\n"))
        handle = await backend.launch("job-1-algo-1", spec)
        return await until_over(backend, handle), await backend.last_words(handle)

    try:
        assert asyncio.run(scenario()) == (LOST, OTHER_FILES)
    finally:
        backend.close()


def test_no_password_of_the_server_reaches_an_agent() -> None:
    server = {"PATH": "/bin", "CLARY_DATABASE": "postgresql://me:secret@host/db", "PGPASSWORD": "secret"}

    assert "secret" not in str(agent_environ(server, "none"))
    assert agent_environ(server, "none")["PATH"] == "/bin"
