from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.databases import open_database, sqlite_only

from clary.store.database import Database
from clary.store.links import Link, LinkKind, Links, select_sources, select_targets


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "clary.db")
    yield database
    database.close()


@pytest.fixture
def links(database: Database, clock: Clock) -> Links:
    return Links(database, clock)


def test_a_link_is_found_from_both_ends(links: Links) -> None:
    for target in ("b", "a"):
        links.add(LinkKind.TRIAL, "experiment", target)
    links.add(LinkKind.TRIAL, "another", "c")
    links.add(LinkKind.COMPONENT, "experiment", "of another kind")

    assert links.targets(LinkKind.TRIAL, "experiment") == ["a", "b"]
    assert links.sources(LinkKind.TRIAL, "c") == ["another"]
    assert links.any_from(LinkKind.TRIAL, "experiment")
    assert links.any_to(LinkKind.TRIAL, "a")
    assert not links.any_from(LinkKind.TRIAL, "a")
    assert not links.any_to(LinkKind.TRIAL, "experiment")


def test_a_link_is_made_once_and_stays_as_it_was(links: Links, clock: Clock) -> None:
    assert links.add(LinkKind.ASSOCIATION, "a", "b", label="Produced", attributes={"by": "ada"})
    clock.now += 1

    assert not links.add(LinkKind.ASSOCIATION, "a", "b", label="ContributedTo")

    assert links.find(LinkKind.ASSOCIATION, "a", "b") == Link("a", "b", "Produced", 100.0, {"by": "ada"})


def test_a_link_that_is_put_is_as_it_was_put_last(links: Links) -> None:
    for label, at in (("InProgress", 1.0), ("Completed", 2.0)):
        links.put(LinkKind.TRACKED, "job", "component", label=label, created_at=at)

    assert links.all(LinkKind.TRACKED) == [Link("job", "component", "Completed", 2.0, {})]


def test_removing_says_whether_there_was_anything(links: Links) -> None:
    links.add(LinkKind.TRIAL, "a", "b")

    assert links.remove(LinkKind.TRIAL, "a", "b")
    assert not links.remove(LinkKind.TRIAL, "a", "b")
    assert links.find(LinkKind.TRIAL, "a", "b") is None


def test_all_links_of_one_end_are_removed_and_no_others(links: Links) -> None:
    for source, target in (("a", "b"), ("b", "c"), ("c", "d")):
        links.add(LinkKind.ASSOCIATION, source, target)
    links.add(LinkKind.TRIAL, "b", "x")

    links.remove_all(LinkKind.ASSOCIATION, "b")

    assert [(link.source, link.target) for link in links.all(LinkKind.ASSOCIATION)] == [("c", "d")]
    assert links.targets(LinkKind.TRIAL, "b") == ["x"]


def test_links_of_more_ends_than_one_statement_names_are_found(links: Links) -> None:
    names = [f"n{number:04}" for number in range(1_100)]
    for name in (names[0], names[600], names[1_099]):
        links.add(LinkKind.ASSOCIATION, name, f"after {name}")
        links.add(LinkKind.ASSOCIATION, f"before {name}", name)

    assert [link.source for link in links.from_each(LinkKind.ASSOCIATION, names)] == [
        names[0],
        names[600],
        names[1_099],
    ]
    assert len(links.to_each(LinkKind.ASSOCIATION, names)) == 3


def test_queries_of_names_reach_over_two_kinds(links: Links, database: Database) -> None:
    links.add(LinkKind.TRIAL, "experiment", "trial")
    links.add(LinkKind.COMPONENT, "trial", "component")
    links.add(LinkKind.COMPONENT, "other trial", "other component")

    with database.read() as connection:

        def names(query: sa.Select[tuple[str]]) -> list[str]:
            return list(connection.execute(query).scalars())

        trials = select_targets(LinkKind.TRIAL, "experiment")
        assert names(select_targets(LinkKind.COMPONENT, trials)) == ["component"]
        assert names(select_sources(LinkKind.COMPONENT, "other component")) == ["other trial"]


@sqlite_only
def test_no_statement_reads_every_link_of_a_kind(links: Links, database: Database) -> None:
    told: list[str] = []
    with database.write() as connection:
        connection.connection.set_trace_callback(told.append)  # type: ignore[attr-defined]
    with database.transaction():
        links.add(LinkKind.ASSOCIATION, "a", "b")
        links.put(LinkKind.TRACKED, "a", "b", label="", created_at=0.0)
        links.find(LinkKind.ASSOCIATION, "a", "b")
        links.targets(LinkKind.ASSOCIATION, "a")
        links.sources(LinkKind.ASSOCIATION, "b")
        links.any_from(LinkKind.ASSOCIATION, "a")
        links.any_to(LinkKind.ASSOCIATION, "b")
        links.from_each(LinkKind.ASSOCIATION, ["a"])
        links.to_each(LinkKind.ASSOCIATION, ["b"])
        links.sources_within(LinkKind.ASSOCIATION, "a")
        links.remove(LinkKind.ASSOCIATION, "a", "b")
        links.remove_all(LinkKind.ASSOCIATION, "b")

    with database.read() as connection:
        plans = {
            statement: [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
            for statement in told
            if statement.startswith(("SELECT", "DELETE")) and "links" in statement
        }
    assert len(plans) > 10
    for statement, lines in plans.items():
        assert all(line.startswith("SEARCH") and "(kind=?)" not in line for line in lines), statement


def test_sources_are_found_by_how_they_begin(links: Links) -> None:
    for source in ("a/1", "a/2", "a0", "a", "b/1"):
        links.add(LinkKind.LOCATION, source, "target")
    links.add(LinkKind.LOCATION, "a/1", "another")
    links.add(LinkKind.TRIAL, "a/3", "target")

    assert links.sources_within(LinkKind.LOCATION, "a/") == ["a/1", "a/2"]


def test_the_newest_links_come_first_and_the_rest_is_counted(links: Links, clock: Clock) -> None:
    for number in range(5):
        clock.now += 1
        links.add(LinkKind.ASSOCIATION, "image", f"job-{number}")
        links.add(LinkKind.COMPONENT, "image", f"other-{number}")

    first = links.newest(LinkKind.ASSOCIATION, "image", 2, to=False)
    more = links.newest(LinkKind.ASSOCIATION, "image", 9, skip=2, to=False)

    assert [link.target for link in first] == ["job-4", "job-3"]
    assert [link.target for link in more] == ["job-2", "job-1", "job-0"]
    assert [link.source for link in links.newest(LinkKind.ASSOCIATION, "job-0", 9, to=True)] == ["image"]
    assert links.count(LinkKind.ASSOCIATION, "image", 100, to=False) == 5
    assert links.count(LinkKind.ASSOCIATION, "image", 3, to=False) == 3
    assert links.count(LinkKind.ASSOCIATION, "image", 100, to=True) == 0


def test_what_has_changed_is_told_after_the_commit(database: Database, links: Links) -> None:
    told: list[LinkKind] = []
    links.on_change(told.append)

    with database.transaction():
        links.add(LinkKind.ASSOCIATION, "a", "b")
        assert told == []
    links.add(LinkKind.ASSOCIATION, "a", "b")
    links.remove(LinkKind.TRIAL, "no", "such")
    links.remove_all(LinkKind.ASSOCIATION, "b")

    assert told == [LinkKind.ASSOCIATION, LinkKind.ASSOCIATION]


def test_what_was_rolled_back_is_not_told(database: Database, links: Links) -> None:
    told: list[LinkKind] = []
    links.on_change(told.append)

    def change() -> None:
        with database.transaction():
            links.add(LinkKind.ASSOCIATION, "a", "b")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()

    assert told == []
