"""The databases that tests of the store use: every one runs with SQLite and with PostgreSQL.

A module that imports ``open_database`` runs on both (``conftest.py``). Its fixtures of a module that open
one ask for ``database_kind``, so that each kind has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from tests.postgres import PostgresServer

from clary.store.database import Database
from clary.store.dialects import NUL_SIGN

Test = TypeVar("Test", bound=Callable[..., object])


class Chosen:
    """What ``open_database`` opens now. server: None for SQLite."""

    server: ClassVar[PostgresServer | None] = None
    urls: ClassVar[dict[Path, str]] = {}
    opened: ClassVar[list[Database]] = []


def sqlite_only(test: Test) -> Test:
    """Marks a test of what only SQLite has, in a module whose tests run on both."""
    test.sqlite_only = True  # type: ignore[attr-defined]
    return test


def postgres_only(test: Test) -> Test:
    test.postgres_only = True  # type: ignore[attr-defined]
    return test


def open_database(path: Path) -> Database:
    """Opens the database that belongs to a path: a file, or one of PostgreSQL that is new at first."""
    database = Database(url_of(path))
    Chosen.opened.append(database)
    return database


def as_kept(text: str) -> str:
    """A text as the database returns it."""
    return text if Chosen.server is None else text.replace("\0", NUL_SIGN)


def forget(path: Path) -> None:
    """Lets another test have the database of a path, which is closed."""
    url = Chosen.urls.pop(path, None)
    if Chosen.server is not None and url is not None:
        Chosen.server.give_back(url)


def close_those_after(count: int) -> None:
    """Closes the databases but the first ``count``, and forgets those whose test has ended."""
    for database in Chosen.opened[count:]:
        database.close()
    del Chosen.opened[count:]


def url_of(path: Path) -> str:
    if Chosen.server is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{path}"
    if path not in Chosen.urls:
        Chosen.urls[path] = Chosen.server.fresh()
    return Chosen.urls[path]
