"""An environment that is built on one machine and runs on another: here, below two folders."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clary.compute.environments import EnvironmentBuildFailed, Environments, Recipe
from clary.compute.environments.fetch import fetch, keep_within, used_by
from clary.compute.environments.marker import Marker, marker_from, read_marker, write_marker
from clary.compute.environments.node import for_node
from clary.domain.hosts import (
    AgentCredentials,
    ContainerImage,
    Endpoint,
    EnvironmentSpec,
    HostSpec,
    TrainingSpec,
)
from clary.host.inputs.source import BUILD_FAILED

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
RECIPE = Recipe("little", "1.0", PYTHON, ())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> EnvironmentSpec:
    """An environment of the server, with a module, a script and links."""
    environments = Environments(tmp_path_factory.mktemp("server"))
    spec = environments.build(RECIPE, lambda _: None)
    prefix = Path(spec.prefix)
    packages = prefix / f"lib/python{PYTHON}/site-packages"
    (packages / "alpha.py").write_text("VERSION = '1.0'\n")
    (packages / "absolute.py").symlink_to(packages / "alpha.py")
    (packages / "passwords").symlink_to("/etc/passwd")
    (packages / f"{'long' * 60}.txt").write_text("a name that needs an extended header")
    script = prefix / "bin" / "say"
    script.write_text(f"#!{prefix}/bin/python\nimport alpha; print(alpha.VERSION)\n")
    script.chmod(0o755)
    return spec


@pytest.fixture
def node(tmp_path: Path) -> Environments:
    return Environments(tmp_path / "node")


def sent(spec: EnvironmentSpec) -> bytes:
    return read_all(Environments(Path(spec.prefix).parents[1]), spec.name)


def read_all(environments: Environments, key: str) -> bytes:
    packed = environments.packed(key)
    pieces = []
    while not packed.is_at_end:
        pieces.append(packed.read(1 << 16))
    packed.close()
    return b"".join(pieces)


def receive(node: Environments, content: bytes) -> EnvironmentSpec:
    stream = io.BytesIO(content)
    head = json.loads(stream.readline())
    return node.receive(marker_from(head["Marker"]), Path(head["Prefix"]), stream, lambda _: None)


def test_what_arrives_runs_under_its_new_path(built: EnvironmentSpec, node: Environments) -> None:
    came = receive(node, sent(built))

    assert came.prefix == str(node.root / "envs" / built.name)
    said = subprocess.run(
        [f"{came.prefix}/bin/python", "-c", "import alpha, sys; print(alpha.__file__, sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert said == [f"{came.prefix}/lib/python{PYTHON}/site-packages/alpha.py", came.prefix]
    assert subprocess.check_output([f"{came.prefix}/bin/say"], text=True) == "1.0\n"
    assert came.readable == built.readable
    assert came.layer_builder[-3:] == (str(node.root), "--base", built.name)
    assert node.find_key(built.name) == came


def test_links_of_the_environment_arrive_and_others_do_not(
    built: EnvironmentSpec, node: Environments
) -> None:
    packages = Path(receive(node, sent(built)).prefix) / f"lib/python{PYTHON}/site-packages"

    assert (packages / "absolute.py").resolve() == (packages / "alpha.py").resolve()
    assert not os.path.lexists(packages / "passwords")


def test_the_same_environment_gives_the_same_archive(built: EnvironmentSpec) -> None:
    assert sent(built) == sent(built)


def test_one_that_is_there_is_not_unpacked_again(built: EnvironmentSpec, node: Environments) -> None:
    content = sent(built)
    came = receive(node, content)

    assert receive(node, content[: content.index(b"\n") + 1]) == came


def test_its_layer_builder_finds_it_there(built: EnvironmentSpec, node: Environments, tmp_path: Path) -> None:
    came = receive(node, sent(built))
    source = tmp_path / "source"
    source.mkdir()
    (source / "requirements.txt").write_text("# nothing to add\n")

    done = subprocess.run([*came.layer_builder, source / "requirements.txt"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["prefix"] == came.prefix


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_half_an_archive_leaves_nothing(built: EnvironmentSpec, node: Environments, share: float) -> None:
    content = sent(built)

    with pytest.raises(EnvironmentBuildFailed, match="did not arrive whole"):
        receive(node, content[: int(len(content) * share)])

    assert not (node.root / "envs" / built.name).exists()


def test_an_archive_can_write_nowhere_else(
    built: EnvironmentSpec, node: Environments, tmp_path: Path
) -> None:
    marker = read_marker(Path(built.prefix))
    assert marker is not None
    head = json.dumps({"Prefix": built.prefix, "Marker": asdict(marker)}).encode() + b"\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("../../../outside")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"bad"))

    with pytest.raises(EnvironmentBuildFailed, match="outside"):
        receive(node, head + packed.getvalue())

    assert not list(tmp_path.rglob("outside"))


def test_a_node_without_the_python_says_what_to_install(built: EnvironmentSpec, node: Environments) -> None:
    head, _, archive = sent(built).partition(b"\n")
    document = json.loads(head)
    document["Marker"]["python"] = "3.99"

    with pytest.raises(EnvironmentBuildFailed, match=r"no Python 3\.99.*uv python install 3\.99"):
        receive(node, json.dumps(document).encode() + b"\n" + archive)


def test_only_a_complete_environment_is_packed(node: Environments) -> None:
    with pytest.raises(LookupError):
        node.packed("missing-1.0")
    with pytest.raises(ValueError, match="not the key"):
        node.packed("../envs")


class ServerOfEnvironments(BaseHTTPRequestHandler):
    """Sends ``content``; its first answers end early."""

    protocol_version = "HTTP/1.1"
    content = b""
    early = 0
    refusal = b""
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        if self.refusal:
            self.send_response(400)
            self.send_header("content-length", str(len(self.refusal)))
            self.end_headers()
            self.wfile.write(self.refusal)
            return
        self.send_response(200)
        self.send_header("content-length", str(len(self.content)))
        self.end_headers()
        if len(self.asked) <= self.early:
            self.wfile.write(self.content[: len(self.content) // 2])
            self.close_connection = True
            return
        self.wfile.write(self.content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(built: EnvironmentSpec) -> Iterator[tuple[str, type[ServerOfEnvironments]]]:
    class Handler(ServerOfEnvironments):
        content = sent(built)

    Handler.asked = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", Handler
    running.shutdown()
    running.server_close()
    thread.join()


def host(url: str, environment: EnvironmentSpec) -> HostSpec:
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
        environment=environment,
        workload=TrainingSpec(),
    )


def test_a_host_fetches_its_environment_from_the_server(
    built: EnvironmentSpec, node: Environments, server: tuple[str, type[ServerOfEnvironments]]
) -> None:
    url, handler = server
    handler.early = 2  # as a server that is killed while it sends

    wanted = replace(built, variables={"COLOUR": "blue"}, serving="sklearn")
    found = fetch(node.root, host(url, wanted))

    assert found == replace(node.find_key(built.name) or built, variables={"COLOUR": "blue"})
    assert found.serving == "sklearn"
    assert handler.asked == 3 * [{"Host": "job/algo-1", "Environment": built.name}]
    assert fetch(node.root, host(url, wanted)) == found
    assert len(handler.asked) == 3


def test_a_refusal_of_the_server_is_the_reason(
    built: EnvironmentSpec, node: Environments, server: tuple[str, type[ServerOfEnvironments]]
) -> None:
    url, handler = server
    handler.refusal = b'{"__type": "ResourceNotFound", "message": "this server has no environment little"}'

    with pytest.raises(EnvironmentBuildFailed, match="this server has no environment little"):
        fetch(node.root, host(url, built))


def test_the_command_of_a_spec_brings_the_environment(
    built: EnvironmentSpec, node: Environments, server: tuple[str, type[ServerOfEnvironments]], tmp_path: Path
) -> None:
    elsewhere = replace(built, prefix="/nowhere/envs/little")
    document = json.loads(host(server[0], elsewhere).to_json())

    document = for_node(document, node.root, tmp_path / "hosts")

    command = document["environment"]["fetch"]
    assert document["environment"]["prefix"] == str(node.root / "envs" / built.name)
    (tmp_path / "spec.json").write_text(json.dumps(document))
    done = subprocess.run([*command, tmp_path / "spec.json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    came = EnvironmentSpec.from_document(json.loads(done.stdout.splitlines()[-1]))
    assert came.fetch == ()
    assert came == node.find_key(built.name)
    # The next host finds it.
    again = for_node(json.loads(host(server[0], elsewhere).to_json()), node.root, tmp_path / "hosts")
    assert EnvironmentSpec.from_document(again["environment"]) == came


def test_an_environment_at_its_own_path_stays_there(
    built: EnvironmentSpec, node: Environments, tmp_path: Path
) -> None:
    document = json.loads(host("http://server", built).to_json())

    found = for_node(document, node.root, tmp_path)

    assert EnvironmentSpec.from_document(found["environment"]) == built


@pytest.mark.parametrize(
    "environment",
    [
        EnvironmentSpec("system", "/usr"),
        EnvironmentSpec("image", "", container=ContainerImage("unix:///e", "sha256:1")),
    ],
)
def test_what_clary_has_not_built_is_used_as_it_is(
    environment: EnvironmentSpec, node: Environments, tmp_path: Path
) -> None:
    document = json.loads(host("http://server", environment).to_json())

    assert for_node(document, node.root, tmp_path)["environment"] == document["environment"] | {
        key: tuple(document["environment"][key]) for key in ("readable", "layer_builder", "fetch")
    } | ({"container": asdict(environment.container)} if environment.container else {})


def installed(node: Environments, key: str, *, size_bytes: int, hours: float) -> None:
    """An environment of a size that was used last some hours ago."""
    prefix = node.root / "envs" / key
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin/python").touch()
    write_marker(prefix, Marker(key, "little", "1", PYTHON, (), size_bytes=size_bytes))
    used_at = time.time() - 3600 * hours
    os.utime(prefix / "clary-environment.json", (used_at, used_at))


def test_a_node_removes_what_it_used_least_recently(node: Environments, tmp_path: Path) -> None:
    for key, hours in (("old", 9), ("older", 10), ("used", 20), ("used+1", 21), ("young", 0.01)):
        installed(node, key, size_bytes=10, hours=hours)
    for name, environment, ended in (("a", "used", False), ("b", "old", True)):
        folder = tmp_path / "hosts" / name
        folder.mkdir(parents=True)
        (folder / "spec.json").write_text(json.dumps({"environment": {"name": environment}}))
        if ended:
            (folder / "exit.json").touch()
    used = used_by(tmp_path / "hosts")

    assert used == {"used"}
    assert keep_within(node, 50, used) == []
    assert keep_within(node, 40, used) == ["older"]
    assert keep_within(node, 0, used) == ["old"]
    assert {each.key for each in node.installed()} == {"used", "used+1", "young"}


@pytest.mark.parametrize("pushed", ["", f"team/fits@sha256:{'2' * 64}"])
def test_an_image_without_an_engine_on_the_node_is_refused_by_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pushed: str
) -> None:
    """With a sentence for the user: nobody else sees the log of a node's keeper."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    image = ContainerImage("", f"sha256:{'1' * 64}", pushed=pushed)
    document = json.loads(host("http://server", EnvironmentSpec("mine:1", "", container=image)).to_json())

    found = for_node(document, tmp_path / "environments", tmp_path / "hosts")
    (tmp_path / "spec.json").write_text(json.dumps(found))
    done = subprocess.run(
        [*found["environment"]["fetch"], tmp_path / "spec.json"], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 1
    progress, _, reason = done.stderr.partition(f"{BUILD_FAILED}\n")
    assert "mine:1 needs Docker or Podman on the node" in reason, progress
