"""The keys of servers that share one database: what makes them agree, and what makes one refuse to start."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from clary.domain.errors import BadRequest
from clary.runner.servers import KIND as SERVER
from clary.server.settings import Settings
from clary.server.shared_keys import KIND, KeysRefused, SharedKeys, forget_keys
from clary.server.state import StateFolder
from clary.services.access.root import new_root
from clary.store.database import Database
from clary.store.records import Records

SECRET = "one that an operator made up"
COPIED = new_root()


class SharedDatabase(Database):
    """A file that several servers of one process use."""

    @property
    def shared_clock(self) -> Callable[[sa.Connection], float]:
        return lambda connection: time.time()


class Installation:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = SharedDatabase.at(folder / "clary.db")
        self.records = Records(self.database, time.time)

    def state(self, name: str) -> StateFolder:
        state = StateFolder(self.folder / name)
        state.prepare()
        return state

    def start(self, name: str, secret: str = "") -> SharedKeys:
        return SharedKeys(Settings(secret=secret), self.state(name), self.database, self.records)


@pytest.fixture
def servers(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def same(one: SharedKeys, other: SharedKeys) -> bool:
    return (one.root, one.token_key) == (other.root, other.token_key)


def test_a_server_with_the_secret_of_the_first_gets_its_keys(servers: Installation) -> None:
    one = servers.start("one")

    assert same(servers.start("two", one.secret()), one)
    assert same(servers.start("two"), one), "its folder has them from then on"
    assert servers.state("two").root_credentials() == one.root


def test_servers_that_are_all_given_one_secret_start_in_any_order(servers: Installation) -> None:
    one, two = servers.start("one", SECRET), servers.start("two", SECRET)

    assert same(one, two)
    assert one.secret() == SECRET


def test_keys_that_were_copied_by_hand_are_those_of_the_installation(servers: Installation) -> None:
    for name in ("one", "two"):
        servers.state(name).keep_keys(COPIED, b"k" * 32)

    assert same(servers.start("one"), servers.start("two"))
    assert servers.start("one").root == COPIED


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("", "has the keys of an installation, and .* has none. To join .* clary keys secret"),
        ("a wrong one, of a good length", "CLARY_SECRET is not the secret of the installation"),
    ],
)
def test_a_server_without_the_keys_refuses(servers: Installation, secret: str, says: str) -> None:
    servers.start("one", SECRET)

    with pytest.raises(KeysRefused, match=says):
        servers.start("two", secret)
    assert servers.state("two").known_token_key() is None, "and has made none"
    assert same(servers.start("two", SECRET), servers.start("one"))


def test_a_folder_of_another_installation_keeps_its_keys(servers: Installation) -> None:
    servers.start("one", SECRET)
    other = servers.state("other")
    root, token_key = other.root_credentials(), other.token_key()

    for secret in ("", SECRET):
        with pytest.raises(KeysRefused, match=r"other keys than .* Name another folder with --home, or move"):
            servers.start("other", secret)

    assert (other.root_credentials(), other.token_key()) == (root, token_key)


def test_an_older_installation_is_not_taken_by_a_folder_without_keys(servers: Installation) -> None:
    servers.records.insert(SERVER, "one", {"Name": "one", "SeenAt": 0.0})

    with pytest.raises(KeysRefused, match="Start that server first"):
        servers.start("two", SECRET)

    assert servers.state("two").known_token_key() is None
    servers.state("one").token_key()
    assert same(servers.start("one", SECRET), servers.start("two", SECRET))


def test_a_new_root_key_reaches_servers_that_run_and_those_that_start_later(servers: Installation) -> None:
    one, two = servers.start("one", SECRET), servers.start("two", SECRET)
    servers.start("three", SECRET)
    used = []
    two.follow(used.append)
    root = new_root()

    with servers.database.transaction():
        one.replace_root(root)
        assert one.root != root, "not before the commit"

    assert used == [root]
    assert {one.root, two.root, servers.start("three").root} == {root}
    assert servers.state("two").root_credentials() == root


def test_a_secret_that_got_out_opens_nothing_after_another_was_made(servers: Installation) -> None:
    one = servers.start("one", SECRET)

    new = one.secret(new=True)

    with pytest.raises(KeysRefused):
        servers.start("two", SECRET)
    assert same(servers.start("two", new), one)
    assert same(servers.start("one", SECRET), one), "its folder opens them"


def test_when_all_folders_are_lost_the_next_server_makes_new_keys(servers: Installation) -> None:
    one = servers.start("one", SECRET)
    servers.records.insert(SERVER, "one", {"Name": "one", "SeenAt": 0.0})

    forget_keys(servers.database, servers.records)
    two = servers.start("two")

    assert not same(one, two)
    with pytest.raises(BadRequest, match="restart it"):
        one.secret()
    with pytest.raises(KeysRefused, match="other keys"):
        servers.start("one")


def test_a_database_that_is_a_file_has_one_server(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "clary.db")
    records = Records(database, time.time)
    state = StateFolder(tmp_path)

    keys = SharedKeys(Settings(), state, database, records)
    root = new_root()
    keys.replace_root(root)

    assert keys.root == state.root_credentials() == root
    assert list(records.each(KIND)) == []
    with pytest.raises(BadRequest, match="Several servers need PostgreSQL"):
        keys.secret()
    database.close()
