from __future__ import annotations

import contextlib
import socket
import stat
from pathlib import Path

import pytest

from clary.server.state import AlreadyRunning, PortTaken, StateFolder, UnusableFolder, listen


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    folder = StateFolder(tmp_path / "home")
    folder.prepare()
    return folder


def test_the_folder_is_for_its_owner_only(state: StateFolder) -> None:
    assert stat.S_IMODE(state.home.stat().st_mode) == 0o700


def test_secrets_are_made_once_and_kept_private(state: StateFolder) -> None:
    assert state.root_credentials() == state.root_credentials()
    assert state.token_key() == state.token_key()
    assert len(state.token_key()) == 32
    for name in ("credentials.json", "token.key"):
        assert stat.S_IMODE((state.home / name).stat().st_mode) == 0o600


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    state = StateFolder(tmp_path / "file" / "home")

    for attempt in (state.prepare, state.is_locked):
        with pytest.raises(UnusableFolder, match="file/home can't be the folder of all state"):
            attempt()


def test_one_server_a_folder(state: StateFolder) -> None:
    with contextlib.closing(state.lock()):
        assert state.is_locked()
        with pytest.raises(AlreadyRunning):
            state.lock()
    assert not state.is_locked()


def test_a_folder_keeps_its_port(state: StateFolder) -> None:
    with contextlib.closing(listen(state, "127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
    state.remember_server(port=port)

    with contextlib.closing(listen(state, "127.0.0.1", 0)) as second:
        assert second.getsockname()[1] == port


def test_a_taken_port_is_said(state: StateFolder) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]

        with pytest.raises(PortTaken, match=str(port)):
            listen(state, "127.0.0.1", port)


def test_replies_do_not_wait_for_acknowledgements(state: StateFolder) -> None:
    with contextlib.closing(listen(state, "127.0.0.1", 0)) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_folder_without_a_server_knows_none(state: StateFolder) -> None:
    assert state.server() == {}
