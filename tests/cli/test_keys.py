"""``clary keys``: servers of one database, and one whose records are in a file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.credentials import Credentials
from tests.postgres import PostgresServer
from tests.server.conftest import Served, serving
from tests.server.inference.runtime import wait_for
from tests.server.test_user_secrets import new_key, who
from typer.testing import CliRunner

from clary.cli.commands import app
from clary.server.shared_keys import KeysRefused
from clary.server.state import StateFolder


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer.or_skip()
    yield server
    server.close()


@pytest.fixture
def database(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> str:
    url = postgres.fresh()
    # clary keys reset opens the database itself. The others ask the server.
    monkeypatch.setenv("CLARY_DATABASE", url)
    return url


@contextlib.contextmanager
def up(home: Path, **settings: str) -> Iterator[Served]:
    """A server that the commands find by its folder, as after ``clary up``."""
    state = StateFolder(home)
    state.prepare()
    with state.lock(), serving(home, home / "environments", **settings) as served:
        state.remember_server(
            url=f"http://{served.host}:{served.port}",
            region=served.platform.settings.region,
            account=served.platform.settings.account,
        )
        yield served


def clary(*arguments: object, typed: str | None = None) -> tuple[int, str, str]:
    """Returns the exit code, and what is on standard output and on standard error."""
    ended = CliRunner().invoke(app, [str(each) for each in arguments], input=typed)
    return ended.exit_code, ended.stdout, ended.stderr


def root_of(home: Path) -> Credentials:
    root = StateFolder(home).root_credentials()
    return Credentials(root.access_key_id, root.secret_access_key)


def answers(served: Served, keys: Credentials) -> bool:
    return served.call("SageMaker.ListTrainingJobs", {}, keys)[0] == 200


def test_a_further_server_joins_with_what_secret_prints_until_there_is_a_new_one(
    database: str, tmp_path: Path
) -> None:
    one = tmp_path / "one"
    with up(one, database=database):
        code, printed, _ = clary("keys", "secret", "--home", one)
        assert code == 0
        assert clary("keys", "secret", "--home", one)[1] == printed, "it stays the same"
        with serving(tmp_path / "two", tmp_path / "e", database=database, secret=printed.strip()) as two:
            assert answers(two, root_of(one))

        code, new, _ = clary("keys", "secret", "--new", "--home", one)
        assert (code, new == printed) == (0, False)
        with (
            pytest.raises(KeysRefused, match="is not the secret"),
            serving(tmp_path / "three", tmp_path / "e", database=database, secret=printed.strip()),
        ):
            pass
        with serving(tmp_path / "three", tmp_path / "e", database=database, secret=new.strip()) as three:
            assert answers(three, root_of(one))


def test_rotate_replaces_the_root_key_at_all_servers(database: str, tmp_path: Path) -> None:
    shared = {"database": database, "secret": "one that an operator made up"}
    one, two = tmp_path / "one", tmp_path / "two"
    with up(one, **shared) as first, serving(two, tmp_path / "e", **shared) as second:
        before, ada = root_of(one), new_key(first)
        assert answers(second, before)
        assert who(second, ada)[0] == 200, "what seals secrets of users is the same at all servers"

        code, _, said = clary("keys", "rotate", "--home", one)

        after = root_of(one)
        assert (code, after.access_key != before.access_key) == (0, True)
        assert f"The root key is {after.access_key}" in said
        assert not answers(first, before)
        assert answers(first, after)
        assert wait_for(lambda: answers(second, after)), "it hears of it through the database"
        assert not answers(second, before)
        assert wait_for(lambda: root_of(two).access_key == after.access_key), "a restart knows it too"
        assert who(first, ada)[0] == who(second, ada)[0] == 200


def test_reset_forgets_the_keys_when_every_server_is_down_and_the_next_one_makes_others(
    database: str, tmp_path: Path
) -> None:
    one = tmp_path / "one"
    with up(one, database=database) as served:
        ada = new_key(served)
        code, _, said = clary("keys", "reset", "--yes", "--home", one)
        assert (code, "stop it first: clary down" in said) == (1, True)
    new = tmp_path / "new"

    code, _, said = clary("keys", "reset", "--home", new, typed="n\n")
    assert (code, "The next server that starts on" in said) == (1, True)
    assert "access keys of users" in said
    with pytest.raises(KeysRefused), up(new, database=database):
        pass

    assert clary("keys", "reset", "--home", new, typed="y\n")[0] == 0
    with up(new, database=database) as served:
        assert answers(served, root_of(new))
        assert not answers(served, root_of(one))
        assert "Delete it, and create another one" in who(served, ada)[1]
    with pytest.raises(KeysRefused, match="other keys"), up(one, database=database):
        pass


def test_records_in_a_file_have_one_server_so_there_is_no_secret_and_nothing_to_forget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLARY_DATABASE", raising=False)
    home = tmp_path / "home"
    with up(home) as served:
        for asked in ((), ("--new",)):
            code, printed, said = clary("keys", "secret", *asked, "--home", home)
            assert (code, printed) == (1, "")
            assert "records are in a file, which has one server. Several servers need PostgreSQL" in said

        before = root_of(home)
        assert clary("keys", "rotate", "--home", home)[0] == 0
        assert answers(served, root_of(home))
        assert not answers(served, before)

    code, _, said = clary("keys", "reset", "--yes", "--home", home)
    assert (code, "there is nothing to forget" in said) == (1, True)
    code, _, said = clary("keys", "secret", "--home", home)
    assert (code, "start it with: clary up -d" in said) == (1, True)
