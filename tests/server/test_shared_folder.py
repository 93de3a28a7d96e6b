from __future__ import annotations

import time
from pathlib import Path

import pytest

from clary.server import shared_folder
from clary.server.shared_folder import KIND, NAME, forget_folder, share_folder, take_folder
from clary.server.state import StateFolder
from clary.store.backing.place import Misplaced
from clary.store.database import Database
from clary.store.records import Records

from .test_shared_keys import Installation


@pytest.fixture
def servers(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def share(servers: Installation, name: str) -> StateFolder:
    state = servers.state(name)
    share_folder(state, servers.database, servers.records)
    return state


def test_a_further_server_on_the_machine_uses_the_folder_of_the_first(servers: Installation) -> None:
    one = share(servers, "one")
    (one.blobs / "content").write_text("x")

    two = share(servers, "two")

    assert (two.blobs / "content").read_text() == "x"
    assert (two.home / "registry").resolve() == one.home / "registry"
    assert share(servers, "two").blobs.is_symlink(), "once"
    assert not share(servers, "one").blobs.is_symlink()


def test_a_folder_with_content_of_its_own_stays_as_it_is(servers: Installation) -> None:
    share(servers, "one")
    (servers.state("two").blobs / "content").write_text("x")

    with pytest.raises(Misplaced, match=r"lies in .*/one/blobs of the machine .*CLARY_S3.*by a link to it"):
        share(servers, "two")

    assert (servers.state("two").blobs / "content").read_text() == "x"


def test_a_server_on_another_machine_says_what_is_missing(
    servers: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(servers, "one")
    monkeypatch.setattr(shared_folder, "machine_name", lambda: "another boot")

    with pytest.raises(Misplaced, match="shared file system"):
        share(servers, "two")
    two = servers.state("two")
    two.blobs.rmdir()
    two.blobs.symlink_to(servers.state("one").blobs)

    share(servers, "two")


def test_content_that_moved_into_another_folder_is_found_there(servers: Installation) -> None:
    share(servers, "one")
    forget_folder(servers.database, servers.records)  # into an S3
    take_folder(servers.state("two"), servers.database, servers.records)  # and back, at another server

    share(servers, "two")
    with pytest.raises(Misplaced, match="/two/blobs"):
        share(servers, "one")


def test_a_database_that_is_a_file_says_nothing_of_folders(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "clary.db")
    records, state = Records(database, time.time), StateFolder(tmp_path)
    state.prepare()

    share_folder(state, database, records)

    assert records.find(KIND, NAME) is None
    database.close()
