"""Tests of the store run on both databases. Training jobs can be searched in each, as on a server."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from tests.postgres import PostgresServer
from tests.store.databases import Chosen, close_those_after, forget

from clary.store.attribute_index.joined import search_jobs


@pytest.fixture(autouse=True, scope="session")
def searchable_jobs() -> None:
    search_jobs(["training-job"])


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer.or_skip()
    yield server
    server.close()


@pytest.fixture(scope="session", autouse=True)
def database_kind(request: pytest.FixtureRequest) -> str:
    """A fixture of a module that opens a database asks for it: otherwise it outlives a change of the kind."""
    kind: str = getattr(request, "param", "sqlite")
    Chosen.server = None if kind == "sqlite" else request.getfixturevalue("postgres")
    return kind


@pytest.fixture(autouse=True)
def closed(database_kind: str) -> Iterator[None]:
    """Connections of PostgreSQL have to be closed. Databases of fixtures of wider scopes stay open."""
    opened, urls = len(Chosen.opened), set(Chosen.urls)
    yield
    if database_kind == "postgresql":
        close_those_after(opened)
        for path in Chosen.urls.keys() - urls:
            forget(path)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    opened = len(Chosen.opened)
    made = yield
    if len(Chosen.opened) > opened and fixturedef.scope != "function":
        assert "database_kind" in fixturedef.argnames, (
            f"{fixturedef.argname} opens a database: it needs database_kind, or PostgreSQL's tests get SQLite"
        )
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if hasattr(metafunc.module, "open_database"):
        kinds = [
            kind
            for kind, other in (("sqlite", "postgres_only"), ("postgresql", "sqlite_only"))
            if not hasattr(metafunc.function, other)
        ]
        metafunc.parametrize("database_kind", kinds, indirect=True, scope="session")
