"""A real agent with a real container: memory, mounts, and what a killed program leaves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.engine import TestEngine, missing, running_engine
from tests.host.conftest import SOURCE, RunningAgent, make_spec, until
from tests.host.standin import Standin

from clary.compute.engine_images import EngineImages
from clary.domain.hosts import ChannelSpec, CheckpointSpec
from clary.host.container.engine import connected
from clary.host.container.helper import _sockets_beside
from clary.host.container.loopback import publish
from clary.host.container.orders import HOST_LABEL
from clary.host.container.output import LOST
from clary.host.container.relay import Acceptor, relay

pytestmark = pytest.mark.skipif(missing() != "", reason=missing())

SMALL = 64 << 20


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def run(tmp_path: Path, standin: Standin, engine: TestEngine) -> Callable[..., dict[str, Any]]:
    """Runs a Python program in a container to its end; returns the last report."""
    environment = EngineImages({"DOCKER_HOST": engine.address}).find(engine.image)
    assert environment is not None

    def run(program: str, **changes: Any) -> dict[str, Any]:
        command = ("/usr/bin/python3", "-u", "-c", program)
        spec = make_spec(standin, environment=environment, entrypoint=command, **changes)
        RunningAgent(tmp_path / "host", spec).wait(60.0)
        assert engine.left() == []
        return standin.reports[-1]

    return run


EATS = "x = []\nwhile True: x.append(bytearray(1 << 20))"


def test_the_kernel_says_that_the_first_process_had_no_memory_left(
    run: Callable[..., dict[str, Any]],
) -> None:
    report = run(EATS, memory_bytes=SMALL, instance_type="ml.tiny")

    assert report["Outcome"] == "ClientError"
    assert report["Reason"].startswith("ClientError: Out of memory: the host has 0.0625 GiB (ml.tiny)")
    assert report["ExitCode"] == 137


def test_a_job_whose_worker_was_killed_for_memory_is_ended_whole(run: Callable[..., dict[str, Any]]) -> None:
    worker = f"import os, time\nif os.fork() == 0:\n  exec({EATS!r})\ntime.sleep(600)"

    report = run(worker, memory_bytes=SMALL)

    assert report["Outcome"] == "ClientError"
    assert "Out of memory" in report["Reason"]


def test_the_volume_also_bounds_what_is_written_outside_of_opt_ml(
    run: Callable[..., dict[str, Any]],
) -> None:
    fills = (
        "import time\nwith open('/var-fill', 'wb') as file:\n  file.write(bytes(32 << 20))\ntime.sleep(600)"
    )

    report = run(fills, disk_bytes=16 << 20)

    assert report["Outcome"] == "ClientError"
    assert "Out of disk" in report["Reason"]


def test_stored_objects_are_mounted_and_can_t_be_changed(
    run: Callable[..., dict[str, Any]], standin: Standin
) -> None:
    large = b"x" * ((16 << 20) + 1)  # what is smaller is copied
    standin.put("data", "train/large", large)
    program = "open('/opt/ml/input/data/train/large', 'r+b').write(b'changed')"

    report = run(program, channels=(ChannelSpec("train", "s3://data/train/"),))

    assert report["Outcome"] == "Failed"
    assert "Read-only file system" in report["Reason"]
    assert standin.path_of("data", "train/large").read_bytes() == large


def test_files_of_any_user_and_mode_are_uploaded_and_removed(
    run: Callable[..., dict[str, Any]], standin: Standin, tmp_path: Path
) -> None:
    program = (
        "import os\n"
        "os.mkdir('/opt/ml/model/closed', 0o700)\n"
        "open('/opt/ml/model/closed/mine', 'w').write('kept')\n"
        "os.chown('/opt/ml/model/closed/mine', 1234, 1234)\n"
        "os.chown('/opt/ml/model/closed', 1234, 1234)\n"
        "os.chmod('/opt/ml/model/closed', 0)\n"
    )

    report = run(program)

    assert report["Outcome"] == "Succeeded"
    assert report["ModelUploaded"]
    assert ("out", "job/output/model.tar.gz") in standin.objects
    assert not (tmp_path / "host" / "ml").exists()


def test_a_container_can_make_no_device_and_sees_no_folder_of_the_host(
    run: Callable[..., dict[str, Any]], standin: Standin, tmp_path: Path
) -> None:
    program = (
        "import os, stat\n"
        "try: os.mknod('/opt/ml/model/disk', 0o600 | stat.S_IFBLK, os.makedev(8, 0)); print('made')\n"
        "except PermissionError: print('refused')\n"
        f"print(os.path.exists({str(tmp_path)!r}))\n"
    )

    run(program)

    assert standin.lines == ["refused", "False"]


def test_a_program_of_another_user_writes_wherever_the_contract_says(
    tmp_path: Path, standin: Standin, engine: TestEngine
) -> None:
    built = subprocess.run(
        [*engine.command, "build", "-t", "clary-tests-user:1", "-"],
        input=f"FROM {engine.image}\nUSER 1234\nHEALTHCHECK CMD false\n",
        env=engine.environ,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    program = (
        "import os\n"
        "for name in ('model', 'output', 'output/data', 'checkpoints'):\n"
        "  open(f'/opt/ml/{name}/mine', 'w').write(str(os.getuid()))\n"
        "open('/opt/ml/output/failure', 'w').write('done as another user')\n"
        "raise SystemExit(1)"
    )
    environment = EngineImages({"DOCKER_HOST": engine.address}).find("clary-tests-user:1")
    checkpoint = CheckpointSpec("s3://out/checkpoints/", "/opt/ml/checkpoints")
    command = ("/usr/bin/python3", "-c", program)
    spec = make_spec(standin, environment=environment, entrypoint=command, checkpoint=checkpoint)

    RunningAgent(tmp_path / "host", spec).wait(60.0)

    assert standin.reports[-1]["Reason"] == "AlgorithmError: done as another user"
    assert {"job/output/model.tar.gz", "checkpoints/mine"} <= {key for _, key in standin.objects}
    assert engine.left() == []


def test_a_job_waits_for_an_engine_that_restarts_and_goes_on_with_its_output(
    tmp_path: Path, standin: Standin, engine: TestEngine
) -> None:
    """What stands between the agent and the engine is cut, as a restart of the engine does it."""
    gate = EngineGate(engine.address, tmp_path / "gate.sock")
    environment = EngineImages({"DOCKER_HOST": gate.address}).find(engine.image)
    program = (
        "import os, time\n"
        "print('first', flush=True)\n"
        "while not os.path.exists('/opt/ml/output/data/go'): time.sleep(0.05)\n"
        "print('last', flush=True)\n"
    )
    command = ("/usr/bin/python3", "-c", program)
    with gate.closed():
        agent = RunningAgent(
            tmp_path / "host", make_spec(standin, environment=environment, entrypoint=command)
        )
        until(lambda: gate.refused > 0, 60.0)
    until(lambda: standin.lines == ["first"], 60.0)
    gate.refused = 0

    with gate.closed():
        until(lambda: gate.refused > 1, 60.0)
    until(lambda: gate.streams > 1, 60.0)
    (tmp_path / "host/ml/output/data/go").touch()
    agent.wait(60.0)

    assert standin.lines == ["first", LOST.decode().strip(), "last"]
    assert standin.reports[-1]["Outcome"] == "Succeeded"
    assert engine.left() == []


def test_the_engine_keeps_nothing_of_what_a_container_prints(
    tmp_path: Path, standin: Standin, engine: TestEngine
) -> None:
    """A container of days would fill its disk: the engines' own files of output have no limit."""
    environment = EngineImages({"DOCKER_HOST": engine.address}).find(engine.image)
    program = (
        "import os, time\n"
        "for number in range(2000): print(f'{number:04} ' + 'x' * 4000)\n"
        "while not os.path.exists('/opt/ml/output/data/go'): time.sleep(0.05)\n"
        "print('last', flush=True)\n"
    )
    command = ("/usr/bin/python3", "-u", "-c", program)
    before_bytes = kept_bytes(engine)
    agent = RunningAgent(tmp_path / "host", make_spec(standin, environment=environment, entrypoint=command))
    until(lambda: len(standin.lines) == 2000, 60.0)

    (known,) = engine.api.containers(HOST_LABEL)
    found = engine.api.inspect(known["Id"])
    kept = kept_bytes(engine) - before_bytes
    (tmp_path / "host/ml/output/data/go").touch()
    agent.wait(60.0)

    assert found is not None
    assert found["HostConfig"]["LogConfig"]["Type"] == "none"
    assert not found.get("LogPath")
    assert kept < 1 << 20, "of 8 MB"
    assert [line[:4] for line in standin.lines] == [f"{number:04}" for number in range(2000)] + ["last"]


def kept_bytes(engine: TestEngine) -> int:
    """Returns what is in the folders of an engine. Those of another one (``OTHER``) are not known."""
    options = zip(engine.command, engine.command[1:], strict=False)
    found = 0
    for top in [value for option, value in options if option in ("--root", "--runroot", "--tmpdir")]:
        for folder, folders, files in os.walk(top):
            # What containers see: their image, and mounts of hosts.
            folders[:] = [name for name in folders if name != "merged"]
            for name in files:
                with suppress(OSError):
                    found += os.lstat(os.path.join(folder, name)).st_blocks * 512
    return found


def test_podman_without_gpus_refuses_and_the_job_says_why(run: Callable[..., dict[str, Any]]) -> None:
    report = run("", gpus=1)

    assert report["Outcome"] == "ClientError"
    assert "clary-tests:1 can't run with 1 GPUs" in report["Reason"]
    assert "nvidia-ctk" in report["Reason"]


def test_an_isolated_host_is_not_started_outside_of_a_container(tmp_path: Path, standin: Standin) -> None:
    """The image was there when the job was created, and is not when it starts."""
    RunningAgent(tmp_path / "host", make_spec(standin, isolated=True, entrypoint=("/bin/true",))).wait()

    assert standin.reports[-1]["Outcome"] == "ClientError"
    assert "does not run in a container any more" in standin.reports[-1]["Reason"]


class EngineGate:
    """Leads from a socket of its own to an engine. streams: how often a container's output was asked for."""

    def __init__(self, engine: str, path: Path) -> None:
        self.address = f"unix://{path}"
        self.refused = self.streams = 0
        self._engine = engine
        self._open = True
        self._links: list[socket.socket] = []
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        Acceptor(listener, self._lead)

    @contextmanager
    def closed(self) -> Iterator[None]:
        self._open = False
        for link in self._links:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        yield
        self._open = True

    def _lead(self, link: socket.socket) -> None:
        if not self._open:
            self.refused += 1
            return
        self._links.append(link)
        with connected(self._engine) as engine:
            engine.settimeout(None)
            self._links.append(engine)
            threading.Thread(target=self._back, args=(engine, link), daemon=True).start()
            while piece := link.recv(65536):
                engine.sendall(piece)
                self.streams += b"/attach?" in piece

    def _back(self, engine: socket.socket, link: socket.socket) -> None:
        with suppress(OSError):
            while piece := engine.recv(65536):
                link.sendall(piece)
            link.shutdown(socket.SHUT_RDWR)


ORDINARY = 65534
AS_ORDINARY = (
    *("setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups"),
    # It may read what lies in root's folders, as the Python of the tests does.
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)
REACHES = """
import json, os, time, urllib.request

def read(url):
    # The program begins before its helper has come.
    for _ in range(300):
        try:
            return json.load(urllib.request.urlopen(url, timeout=5))
        except OSError:
            time.sleep(0.1)

role = read(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
print(sorted(role))
os.makedirs("/opt/ml/model/closed/deep", 0o700)
with open("/opt/ml/model/closed/deep/kept", "w") as file:
    file.write("of root")
os.symlink("/etc/passwd", "/opt/ml/model/closed/link")
os.chmod("/opt/ml/model/closed/deep", 0)
"""


def ordinary_agent(
    tmp_path: Path, standin: Standin, engine: TestEngine, program: str
) -> tuple[RunningAgent, Path]:
    """An agent of an ordinary user, who may use root's engine; and its folder."""
    Path(engine.address.removeprefix("unix://")).chmod(0o666)  # as a group "docker" would make it
    environment = EngineImages({"DOCKER_HOST": engine.address}).find(engine.image)
    spec = make_spec(standin, environment=environment, entrypoint=("/usr/bin/python3", "-c", program))
    hosts = tmp_path / "hosts"
    for folder in (hosts, hosts / "host"):
        folder.mkdir()
        os.chown(folder, ORDINARY, ORDINARY)
    return RunningAgent(hosts / "host", spec, AS_ORDINARY), hosts / "host"


def test_containers_of_an_ordinary_user_under_roots_engine_reach_clary_and_leave_nothing(
    tmp_path: Path, standin: Standin, engine: TestEngine
) -> None:
    agent, host = ordinary_agent(tmp_path, standin, engine, REACHES)
    agent.wait(60.0)

    report = standin.reports[-1]
    assert (report["Outcome"], report["ModelUploaded"]) == ("Succeeded", True), report
    assert standin.lines[0] == "['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token']"
    assert engine.left() == []
    assert not (host / "ml").exists()
    assert os.stat("/etc/passwd").st_uid == 0


def test_what_roots_container_wrote_is_removed_though_its_agent_was_killed(
    tmp_path: Path, standin: Standin, engine: TestEngine
) -> None:
    program = (
        "import os, time\n"
        "os.makedirs('/opt/ml/model/closed', 0o700)\n"
        "print('made', flush=True)\n"
        "time.sleep(600)"
    )
    agent, host = ordinary_agent(tmp_path, standin, engine, program)
    until(lambda: standin.lines == ["made"], 60.0)
    agent.process.kill()
    agent.process.wait()

    script = f"import sys; sys.path.insert(0, {SOURCE!r}); from pathlib import Path\n" + (
        "from clary.host.container.leftovers import remove_container_of\n"
        "from clary.host.removal import remove_tree\n"
        "remove_container_of(Path(sys.argv[1])); remove_tree(Path(sys.argv[1]))"
    )
    subprocess.run([*AS_ORDINARY, sys.executable, "-I", "-c", script, str(host)], check=True)

    assert not host.exists()
    assert engine.left() == []


def test_the_helper_leads_to_a_server_in_the_network_of_a_container(
    tmp_path: Path, standin: Standin, engine: TestEngine
) -> None:
    """As endpoints need it, where the network can't be joined. A helper of root's does the same."""
    program = (
        "import http.server\n"
        "print('serves', flush=True)\n"
        "http.server.HTTPServer(('127.0.0.1', 8080), http.server.SimpleHTTPRequestHandler).serve_forever()"
    )
    agent, host = ordinary_agent(tmp_path, standin, engine, program)
    until(lambda: standin.lines[:1] == ["serves"], 60.0)
    (container,) = engine.api.containers(HOST_LABEL)
    environment = EngineImages({"DOCKER_HOST": engine.address}).find(engine.image)
    assert environment is not None
    assert environment.container is not None

    pid = (engine.api.inspect(container["Id"]) or {})["State"]["Pid"]
    inside = _sockets_beside(environment.container, host, container["Id"], pid)
    with socket.create_server(("127.9.8.7", 0)) as free:
        address = free.getsockname()
    published = publish(address, partial(relay, connect=partial(inside.connected, 8080)))
    answers = [urllib.request.urlopen(f"http://127.9.8.7:{address[1]}/", timeout=60).status for _ in "ab"]
    published.close()
    inside.close()
    agent.process.terminate()
    agent.wait(60.0)

    assert answers == [200, 200]
    assert engine.left() == []
