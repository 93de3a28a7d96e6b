"""Access keys of users: what a dump of the database shows of them, and where they go on working."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest
from botocore.credentials import Credentials
from tests.postgres import PostgresServer

from clary.server.archive import read_archive, write_archive
from clary.server.settings import Settings
from clary.server.state import StateFolder
from clary.services.access.directory import ACCESS_KEY
from clary.services.access.user_secrets import SEALED, SECRET
from clary.store.database import Database
from clary.store.records import Records
from clary.store.transfer import rows_of

from .conftest import Served, serving


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer.or_skip()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Of a database; empty for the file of the folder."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").fresh())


def new_key(served: Served, user: str = "ada") -> Credentials:
    assert served.form("iam", f"Action=CreateUser&Version=2010-05-08&UserName={user}".encode())[0] == 200
    _, made = served.form("iam", f"Action=CreateAccessKey&Version=2010-05-08&UserName={user}".encode())
    names = ("AccessKeyId", "SecretAccessKey")
    return Credentials(*(made.partition(f"<{name}>")[2].partition("<")[0] for name in names))


def who(served: Served, keys: Credentials) -> tuple[int, str]:
    """Asks as the owner of the keys who it is."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    status, told = served.ask(body, "sts", {"Content-Type": "application/x-www-form-urlencoded"}, keys)
    return status, told.decode()


def opened(home: Path, url: str) -> Database:
    state = StateFolder(home)
    state.prepare()
    return Database(url) if url else Database.at(state.database)


def dump(database: Database) -> bytes:
    return b"".join(cbor2.dumps([table, rows]) for table, rows in rows_of(database))


def test_a_dump_has_no_secret_and_the_key_signs_requests(tmp_path: Path, url: str) -> None:
    with serving(tmp_path / "one", tmp_path / "e", database=url) as served:
        keys = new_key(served)
        dumped = dump(served.platform.database)

        assert keys.access_key.encode() in dumped
        assert keys.secret_key.encode() not in dumped
        assert ":user/ada<" in who(served, keys)[1]
        wrong = Credentials(keys.access_key, keys.secret_key[::-1])
        assert (who(served, wrong)[0], "SignatureDoesNotMatch" in who(served, wrong)[1]) == (403, True)


def test_secrets_of_an_earlier_version_are_sealed_when_the_server_starts(tmp_path: Path, url: str) -> None:
    home = tmp_path / "one"
    with serving(home, tmp_path / "e", database=url) as served:
        keys = new_key(served)
        # As an earlier version stored it.
        records = served.platform.records
        document = {**records.find(ACCESS_KEY, keys.access_key), SECRET: keys.secret_key}  # type: ignore[dict-item]
        del document[SEALED]
        records.delete(ACCESS_KEY, keys.access_key)
        records.insert(ACCESS_KEY, keys.access_key, document)
        assert keys.secret_key.encode() in dump(served.platform.database)
        assert who(served, keys)[0] == 200, "until then it is read as it is"

    for _ in range(2):
        with serving(home, tmp_path / "e", database=url) as served:
            assert keys.secret_key.encode() not in dump(served.platform.database)
            assert who(served, keys)[0] == 200


def test_they_move_with_an_installation(tmp_path: Path, url: str) -> None:
    with serving(tmp_path / "one", tmp_path / "e") as served:
        keys = new_key(served)
    archive = io.BytesIO()
    from_database, to_database = opened(tmp_path / "one", ""), opened(tmp_path / "two", url)
    write_archive(archive, Settings(), StateFolder(tmp_path / "one"), from_database, lambda _: None)
    archive.seek(0)
    read_archive(archive, Settings(), StateFolder(tmp_path / "two"), to_database, lambda _: None)
    from_database.close()
    to_database.close()

    with serving(tmp_path / "two", tmp_path / "e", database=url) as served:
        assert ":user/ada<" in who(served, keys)[1]


def test_a_sealed_secret_is_of_one_key_of_one_installation(tmp_path: Path) -> None:
    home = tmp_path / "one"
    with serving(home, tmp_path / "e") as served:
        ada, eve = new_key(served), new_key(served, "eve")
        records = served.platform.records
        theirs = records.find(ACCESS_KEY, eve.access_key)
        assert theirs is not None
        records.update(ACCESS_KEY, ada.access_key, {SEALED: theirs[SEALED]})

        status, said = who(served, Credentials(ada.access_key, eve.secret_key))
        assert (status, "sealed with keys that this installation has lost" in said) == (403, True)

    (home / "token.key").unlink()
    with serving(home, tmp_path / "e") as served:
        status, said = who(served, eve)
        assert (status, "Delete it, and create another one" in said) == (403, True)
        assert who(served, new_key(served, "bob"))[0] == 200


def test_an_inactive_key_stays_sealed(tmp_path: Path) -> None:
    with serving(tmp_path / "one", tmp_path / "e") as served:
        keys = new_key(served)
        change = (
            f"Action=UpdateAccessKey&Version=2010-05-08&UserName=ada&AccessKeyId={keys.access_key}&Status="
        )

        assert served.form("iam", f"{change}Inactive".encode())[0] == 200
        assert who(served, keys)[0] == 403
        assert served.form("iam", f"{change}Active".encode())[0] == 200
        assert who(served, keys)[0] == 200
        found = Records(served.platform.database, lambda: 1.0).find(ACCESS_KEY, keys.access_key)
        assert found is not None
        assert SECRET not in found
        listed = served.form("iam", b"Action=ListAccessKeys&Version=2010-05-08&UserName=ada")[1]
        assert keys.access_key in listed
        assert "ecret" not in listed
        assert "sealed" not in listed
