"""The process of the registry server: its start, its end, and one that does not work."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from tests.server.ecr.conftest import Registry

from clary.domain.errors import ServiceUnavailable
from clary.server.ecr.registry_server import RegistryServer


def program(folder: Path, text: str) -> None:
    path = folder / "docker-registry"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def server(tmp_path: Path) -> RegistryServer:
    return RegistryServer(tmp_path / "registry", tmp_path / "run")


def test_one_that_ends_at_once_is_told_in_its_words(
    server: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "echo the configuration is not mine; exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(ServiceUnavailable, match="does not start"), server.use():
        pass

    # The next use tries again.
    with pytest.raises(ServiceUnavailable), server.use():
        pass
    server.close()


def test_requests_are_answered_while_it_starts(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.ecr.create_repository(repositoryName="slow/start")
    docker = registry.login()
    with registry.server.halted() as is_free:
        assert is_free
    begun, ends = tmp_path / "begun", tmp_path / "ends"
    program(tmp_path, f"touch {begun}; while [ ! -e {ends} ]; do sleep 0.01; done; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    answers = []
    push = threading.Thread(
        target=lambda: answers.append(docker.ask("POST", "/v2/slow/start/blobs/uploads/"))
    )

    push.start()
    while not begun.exists():
        assert push.is_alive()
    well, reads = registry.served.is_well(), docker.ask("GET", "/v2/slow/start/tags/list").status
    ends.touch()
    push.join()

    assert (well, reads) == (True, 200)
    assert [(answer.status, answer.code) for answer in answers] == [(503, "ServiceUnavailable")]


def test_nobody_else_can_read_what_it_keeps(registry: Registry) -> None:
    with registry.server.use():
        for folder in (registry.server.storage, registry.server._run):
            assert folder.stat().st_mode & 0o077 == 0


def test_variables_of_the_user_do_not_change_it(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with registry.server.halted() as is_free:
        assert is_free
    monkeypatch.setenv("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("REGISTRY_HTTP_ADDR", "127.0.0.1:5000")
    registry.ecr.create_repository(repositoryName="at/home")

    assert registry.login().push_blob("at/home", b"here").status == 201
    assert not (tmp_path / "elsewhere").exists()


def test_after_the_end_of_the_server_nothing_begins(
    server: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    server.close()

    with pytest.raises(ServiceUnavailable), server.use():
        pass
