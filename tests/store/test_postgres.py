"""What only a database server can do: go away, come back, and have other servers."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.postgres import PostgresServer

from clary.store.database import Database, TransactionLost
from clary.store.drivers import DatabaseUnavailable, postgres
from clary.store.links import LinkKind, Links
from clary.store.records import RecordExists, Records

WAIT_S = 60.0


@pytest.fixture(scope="module")
def mortal() -> Iterator[PostgresServer]:
    """A server of its own, because it is stopped."""
    server = PostgresServer.or_skip()
    yield server
    server.close()


@pytest.fixture
def database(mortal: PostgresServer) -> Iterator[Database]:
    opened = Database(mortal.fresh())
    yield opened
    opened.close()


def until_it_answers(question: Callable[[], object]) -> None:
    """Asks until the database answers: after a slow question nobody asks for a while (``postgres.REST``)."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            question()
            return
        except DatabaseUnavailable:
            if time.monotonic() >= until:
                raise
            time.sleep(0.02)


def test_work_goes_on_when_the_database_is_back(mortal: PostgresServer, database: Database) -> None:
    records = Records(database, lambda: 1.0)
    records.insert("job", "a", {"X": 1})
    mortal.stop()

    with pytest.raises(DatabaseUnavailable, match="can't be reached"):
        records.get("job", "a")
    with pytest.raises(DatabaseUnavailable):
        records.update("job", "a", {"X": 2})
    mortal.start()
    until_it_answers(lambda: records.names("job"))

    assert records.get("job", "a")["X"] == 1
    records.update("job", "a", {"X": 3})
    assert records.get("job", "a")["X"] == 3


def test_a_machine_that_does_not_answer_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that takes connections and says nothing, as a machine behind a wall does."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(postgres, "PATIENCE_S", 0.0)
        driver = postgres.PostgresDriver(f"postgresql://clary@127.0.0.1:{silent.getsockname()[1]}/clary")
        with pytest.raises(DatabaseUnavailable):
            driver.connect()

        began = time.monotonic()
        for _ in range(100):
            with pytest.raises(DatabaseUnavailable):
                driver.connect()

    assert time.monotonic() - began < 1.5, "the first question alone takes two seconds"


def test_a_short_absence_is_not_noticed(
    mortal: PostgresServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A start takes longer than a caller's usual patience where the machine has much to do.
    monkeypatch.setattr(postgres, "PATIENCE_S", WAIT_S)
    records = Records(database, lambda: 1.0)
    records.insert("job", "a", {"X": 1})
    mortal.stop()
    again = threading.Timer(0.3, mortal.start)
    again.start()

    records.update("job", "a", {"X": 2})

    again.join()
    assert records.get("job", "a")["X"] == 2


def test_what_was_written_before_the_connection_was_lost_is_gone_as_a_whole(
    mortal: PostgresServer, database: Database
) -> None:
    records = Records(database, lambda: 1.0)

    def half() -> None:
        with records.transaction():
            records.insert("job", "a", {})
            mortal.stop(signal.SIGQUIT)
            records.insert("job", "b", {})

    with pytest.raises(DatabaseUnavailable):
        half()
    mortal.start()
    until_it_answers(lambda: records.names("job"))

    assert records.names("job") == []
    records.insert("job", "a", {})
    assert records.names("job") == ["a"]


def test_an_error_that_was_ignored_loses_the_transaction_and_says_so(database: Database) -> None:
    records = Records(database, lambda: 1.0)

    def careless() -> None:
        with database.write() as connection:
            records.insert("job", "a", {})
            with contextlib.suppress(sa.exc.ProgrammingError):
                connection.exec_driver_sql("SELECT nonsense")

    with pytest.raises(TransactionLost):
        careless()
    assert records.names("job") == []
    records.insert("job", "a", {})


def test_no_message_has_the_password(mortal: PostgresServer, caplog: pytest.LogCaptureFixture) -> None:
    url = mortal.url("missing").replace("clary@", "clary:s3cr3t@")
    caplog.set_level(logging.DEBUG)

    with pytest.raises(DatabaseUnavailable) as raised:
        Database(url)
    with pytest.raises(DatabaseUnavailable) as broken:
        Database("postgresql://clary:s3cr3t@[half/clary")

    with pytest.raises(DatabaseUnavailable) as hidden:
        Database(mortal.url("missing") + "&password=s3cr3t")

    said = f"{raised.value} {broken.value} {hidden.value} {caplog.text}"
    assert "missing" in said
    assert "s3cr3t" not in said


def test_other_servers_hear_of_changes_after_their_commit(mortal: PostgresServer) -> None:
    url = mortal.fresh()
    here, there = Database(url), Database(url)
    heard: list[object] = []
    news = threading.Semaphore(0)

    def hear(*words: object) -> None:
        heard.append(words)
        news.release()

    Records(here, lambda: 1.0).on_change(hear)
    Links(here, lambda: 1.0).on_change(hear)
    here.announcements.on_gap(lambda _: hear("gap"))
    here.announcements.listen()
    records = Records(there, lambda: 1.0)

    records.insert("job", "a", {})
    with pytest.raises(RecordExists):
        records.insert("job", "A", {})
    with contextlib.suppress(ZeroDivisionError), records.transaction():
        records.insert("job", "b", {})
        raise ZeroDivisionError
    Links(there, lambda: 1.0).add(LinkKind.TRIAL, "e", "t")
    for _ in range(2):
        assert news.acquire(timeout=WAIT_S)
    assert heard == [("job", "a"), (LinkKind.TRIAL,)]

    mortal.stop()
    mortal.start()
    # What changed in the last minute is told again.
    while ("gap",) not in heard:
        assert news.acquire(timeout=WAIT_S)
    assert heard.count(("job", "a")) == 2
    there.close()
    here.close()


def test_servers_that_write_the_same_record_lose_no_write(mortal: PostgresServer) -> None:
    url = mortal.fresh()
    databases = [Database(url) for _ in range(3)]
    records = [Records(database, lambda: 1.0) for database in databases]
    records[0].insert("job", "a", {"X": 0})

    def add(mine: Records) -> None:
        for _ in range(30):
            mine.update("job", "a", lambda present: {"X": present["X"] + 1})

    threads = [threading.Thread(target=add, args=[mine]) for mine in records for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)

    assert records[1].get("job", "a")["X"] == 180
    for database in databases:
        database.close()


_VICTIM = """
    import sys
    from clary.store.database import Database
    from clary.store.records import Records

    records = Records(Database(sys.argv[1]), lambda: 1.0)
    number = 0
    while True:
        with records.transaction():
            records.insert("one", f"{sys.argv[2]}-{number}", {})
            records.insert("other", f"{sys.argv[2]}-{number}", {})
        print(number, flush=True)
        number += 1
"""


def test_a_server_that_is_killed_keeps_what_it_acknowledged_and_holds_up_nobody(
    mortal: PostgresServer, tmp_path: Path
) -> None:
    url = mortal.fresh()
    database = Database(url)
    records = Records(database, lambda: 1.0)
    acknowledged: list[str] = []
    for name in ("a", "b", "c"):
        victim = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(_VICTIM), url, name], stdout=subprocess.PIPE, text=True
        )
        assert victim.stdout is not None
        said = [victim.stdout.readline() for _ in range(20)]
        os.kill(victim.pid, signal.SIGKILL)
        said += victim.stdout.readlines()
        victim.stdout.close()
        victim.wait()
        acknowledged += [f"{name}-{line.strip()}" for line in said if line.endswith("\n")]

        records.insert("after", name, {})

    assert set(acknowledged) <= set(records.names("one"))
    assert records.names("one") == records.names("other"), "each transaction as a whole"
    database.close()


def test_a_pooler_of_transactions_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    driver: Any = database._driver
    driver.require_sessions()
    shared = driver.connect()

    class Lent:
        """A client of a pooler that has one connection for all."""

        def __enter__(self) -> Any:
            return shared

        def __exit__(self, *error: object) -> None: ...

    monkeypatch.setattr(driver, "connect", Lent)
    with pytest.raises(DatabaseUnavailable, match="pool_mode = session"):
        driver.require_sessions()
    shared.close()
