"""After any writes, each method of a search gives the result of the naive search."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.attribute_index.naive import attributes_of, naive_search
from tests.store.databases import forget, open_database, postgres_only, sqlite_only

from clary.store.attribute_index import Every, Expression, Nested, Not, Operator, Query, Some, Where, search
from clary.store.database import Database
from clary.store.links import LinkKind, Links
from clary.store.metrics import MetricStore
from clary.store.records import Records
from clary.store.tags import Tags

KIND = "experiment-trial-component"
NAMES = [f"c{number}" for number in range(6)]
WORDS = ["a", "ab", "b", "B", "é", "10"]
NUMBERS = [-1.5, 0.0, 0.5, 2.0, 10.0]
PATHS = [
    "Parameters.lr.NumberValue",
    "parameters.LR.numbervalue",
    "Parameters.lr.StringValue",
    "Tags.team",
    "tags.team",
    "Parents.TrialName",
    "Parents.ExperimentName",
    "metrics.acc.max",
    "Metrics.acc.Last",
    "Metrics.loss.Count",
    "Items.x",
    "Items.y",
    "Status.PrimaryStatus",
    "CreationTime",
    "Nothing.there",
]
NUMERIC = ["Parameters.lr.NumberValue", "metrics.acc.max", "Items.x"]

words, numbers, names = st.sampled_from(WORDS), st.sampled_from(NUMBERS), st.sampled_from(NAMES)
values = words | numbers
documents = st.fixed_dictionaries(
    {},
    optional={
        "Parameters": st.dictionaries(
            st.sampled_from(["lr", "LR"]),
            st.one_of(
                st.builds(lambda value: {"NumberValue": value}, numbers),
                st.builds(lambda value: {"StringValue": value}, words),
            ),
            max_size=2,
        ),
        "Status": st.builds(lambda value: {"PrimaryStatus": value}, words),
        "Items": st.lists(st.fixed_dictionaries({}, optional={"x": values, "y": values}), max_size=3),
    },
)
changes = st.one_of(
    st.tuples(st.just("insert"), names, documents),
    st.tuples(st.just("insert"), names, documents),
    st.tuples(st.just("update"), names, documents),
    st.tuples(st.just("delete"), names),
    st.tuples(st.just("tag"), names, words),
    st.tuples(st.just("untag"), names),
    st.tuples(st.just("link"), names, st.sampled_from(["t1", "t2"])),
    st.tuples(st.just("unlink"), names, st.sampled_from(["t1", "t2"])),
    st.tuples(
        st.just("log"), names, st.sampled_from(["acc", "loss"]), st.lists(numbers, min_size=1, max_size=3)
    ),
    st.tuples(st.just("later")),
)


def _tests(paths: list[str]) -> st.SearchStrategy[Where]:
    path = st.sampled_from(paths)
    # Few paths for the orders, so that bounds meet values that are equal to them.
    numeric = st.sampled_from([each for each in paths if each in NUMERIC] or paths)
    orders = st.sampled_from([Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST])
    return st.one_of(
        st.builds(lambda p, n: Where(p, Operator.EQUALS, (str(n),), (n,)), path, numbers),
        st.builds(
            lambda p, w: Where(p, Operator.EQUALS, tuple(w)), path, st.lists(words, min_size=1, max_size=3)
        ),
        st.builds(lambda p, o, n: Where(p, o, numbers=(n,)), numeric, orders, numbers),
        st.builds(lambda p, w: Where(p, Operator.CONTAINS, (w,)), path, words),
        st.builds(lambda p: Where(p, Operator.EXISTS), path),
    )


_inner = _tests(["Items.x", "Items.y", "items.X"])
leaves = st.one_of(
    _tests([*PATHS, "Parameters", "Parameters.lr", "Items"]),
    st.builds(
        lambda tests: Nested("Items", tuple(tests)),
        st.lists(_inner | st.builds(Not, _inner), min_size=1, max_size=3),
    ),
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda parts: Every(tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: Some(tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=5,
)
queries = st.builds(
    Query, st.just(KIND), st.none() | expressions, sort_by=st.sampled_from(PATHS), descending=st.booleans()
)
WAYS = (
    {"few": 1_000, "stride": 1_000},
    {"few": -1, "stride": 1_000},
    {"few": -1, "stride": 8},
    {"few": 1, "stride": 8},
)


class World:
    """The real stores, and plain dicts beside them."""

    def __init__(self, folder: Path) -> None:
        self.now = 100.0
        self.database = open_database(folder / "clary.db")
        self.records = Records(self.database, lambda: self.now)
        self.tags = Tags(self.database)
        self.links = Links(self.database, lambda: self.now)
        self.metrics = MetricStore(self.database)
        self.known: dict[str, dict[str, Any]] = {}
        self.paths: set[str] = set()
        self.links.add(LinkKind.TRIAL, "e1", "t1")

    def change(self, what: str, *details: Any) -> None:
        if what == "later":
            self.now += 1
            return
        name, *rest = details
        if (name in self.known) == (what == "insert"):
            return
        apply: Callable[..., None] = getattr(self, f"_{what}")
        apply(name, *rest)

    def note_paths(self) -> None:
        """Refreshes as a search does: a path written and removed between two searches never existed."""
        for document in self.known.values():
            self.paths |= {attribute[0] for attribute in attributes_of(document)}

    def _insert(self, name: str, document: dict[str, Any]) -> None:
        self.records.insert(KIND, name, document, arn=f"arn:{name}")
        self.known[name] = {**document, "CreationTime": self.now, "LastModifiedTime": self.now, "_points": {}}
        self.paths |= {attribute[0] for attribute in attributes_of(document)} | {
            "CreationTime",
            "LastModifiedTime",
        }

    def _update(self, name: str, document: dict[str, Any]) -> None:
        self.records.update(KIND, name, document)
        self.known[name] |= {**document, "LastModifiedTime": self.now}
        self.paths |= {attribute[0] for attribute in attributes_of(document)}

    def _delete(self, name: str) -> None:
        self.records.delete(KIND, name)
        self.tags.delete_all(f"arn:{name}")
        self.metrics.delete_all(f"arn:{name}")
        self.links.remove_all(LinkKind.COMPONENT, name)
        del self.known[name]

    def _tag(self, name: str, value: str) -> None:
        self.tags.put(f"arn:{name}", {"team": value})
        self.known[name]["Tags"] = {"team": value}

    def _untag(self, name: str) -> None:
        self.tags.remove(f"arn:{name}", ["team"])
        self.known[name]["Tags"] = {}

    def _link(self, name: str, trial: str) -> None:
        self.links.add(LinkKind.COMPONENT, trial, name)
        self._set_parents(name)

    def _unlink(self, name: str, trial: str) -> None:
        self.links.remove(LinkKind.COMPONENT, trial, name)
        self._set_parents(name)

    def _set_parents(self, name: str) -> None:
        experiment = {"t1": {"ExperimentName": "e1"}}
        trials = self.links.sources(LinkKind.COMPONENT, name)
        self.known[name]["Parents"] = [{"TrialName": each, **experiment.get(each, {})} for each in trials]

    def _log(self, name: str, metric: str, points: list[float]) -> None:
        self.metrics.append(f"arn:{name}", [(metric, self.now, None, value) for value in points])
        logged = self.known[name]["_points"].setdefault(metric, [])
        logged += points
        summary = {"Max": max(logged), "Min": min(logged), "Last": logged[-1], "Count": float(len(logged))}
        self.known[name].setdefault("Metrics", {})[metric] = summary


stories = {
    "first": st.lists(documents, min_size=3, max_size=len(NAMES)),
    "rounds": st.lists(
        st.tuples(st.lists(changes, min_size=4, max_size=12), st.lists(queries, min_size=5, max_size=10)),
        min_size=1,
        max_size=3,
    ),
    "limit": st.integers(1, 4),
}


@sqlite_only
@settings(max_examples=25, deadline=None)
@given(**stories)
def test_search_answers_as_a_look_at_every_record_does(**story: Any) -> None:
    _compare(**story)


# A server answers each of thousands of statements: 25 stories would take 12 s.
@postgres_only
@settings(max_examples=6, deadline=None)
@given(**stories)
def test_search_of_a_server_answers_as_a_look_at_every_record_does(**story: Any) -> None:
    _compare(**story)


def _compare(
    first: list[dict[str, Any]], rounds: list[tuple[list[tuple[Any, ...]], list[Query]]], limit: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for name, document in zip(NAMES, first, strict=False):
            world.change("insert", name, document)
        for steps, asked in rounds:
            for step in steps:
                world.change(*step)
            world.records.suggest(KIND, "", limit=1)
            world.note_paths()
            for query in asked:
                expected = naive_search(_public(world.known), world.paths, query)
                for way in WAYS:
                    assert _all_pages(world.database, query, limit, way) == expected
        world.database.close()
        forget(Path(folder) / "clary.db")


def _public(known: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        name: {member: value for member, value in document.items() if member[0] != "_"}
        for name, document in known.items()
    }


def _all_pages(database: Database, query: Query, limit: int, way: dict[str, int]) -> list[str]:
    found: list[str] = []
    token = None
    while True:
        page = search(database, query, limit=limit, token=token, **way)
        assert len(page.records) <= limit
        found += [hit.name for hit in page.records]
        token = page.token
        if token is None:
            return found
