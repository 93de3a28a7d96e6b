from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.databases import open_database

from clary.store.metrics import MetricStore, Point

if TYPE_CHECKING:
    from collections.abc import Iterator

fresh = itertools.count()


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[MetricStore]:
    database = open_database(tmp_path_factory.mktemp("metrics") / "clary.db")
    yield MetricStore(database)
    database.close()


def new_owner() -> str:
    return f"owner-{next(fresh)}"


def spots(metrics: MetricStore, owner: str, **query: object) -> list[tuple[float, int, float]]:
    series = metrics.series(owner, "loss", **query)  # type: ignore[arg-type]
    return list(zip(series.at, series.step, series.value, strict=True))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 3000),
    batch=st.integers(1, 900),
    limit=st.integers(4, 300),
    shuffled=st.booleans(),
    x=st.sampled_from(["at", "step"]),
    window=st.one_of(st.none(), st.tuples(st.integers(0, 3000), st.integers(0, 3000))),
)
def test_a_reduced_series_is_short_and_keeps_its_extremes_and_ends(
    metrics: MetricStore,
    seed: int,
    count: int,
    batch: int,
    limit: int,
    shuffled: bool,
    x: Literal["at", "step"],
    window: tuple[int, int] | None,
) -> None:
    chance = random.Random(seed)
    points: list[Point] = [("loss", float(n), n, chance.gauss(0, 1)) for n in range(count)]
    if shuffled:
        chance.shuffle(points)
    owner = new_owner()
    for start in range(0, count, batch):
        metrics.append(owner, points[start : start + batch])
    start, end = window if window is not None else (None, None)

    whole = spots(metrics, owner, x=x, start=start, end=end)
    reduced = spots(metrics, owner, x=x, start=start, end=end, limit=limit)

    assert len(reduced) <= limit
    assert set(reduced) <= set(whole)
    assert reduced == sorted(reduced)
    if whole:
        assert {whole[0], whole[-1]} <= set(reduced)
        assert min(reduced, key=lambda spot: spot[2]) == min(whole, key=lambda spot: spot[2])
        assert max(reduced, key=lambda spot: spot[2]) == max(whole, key=lambda spot: spot[2])


@pytest.mark.parametrize("x", ["at", "step"])
@pytest.mark.parametrize("limit", [4, 50, 300])
def test_a_whole_series_is_drawn_as_a_window_over_all_of_it(
    metrics: MetricStore, x: Literal["at", "step"], limit: int
) -> None:
    """Its chunks are looked at all at once, those of a window one by one. Many values are the same."""
    chance, owner = random.Random(limit), new_owner()
    points: list[Point] = [("loss", float(n // 3), n // 3, float(chance.randrange(20))) for n in range(9_000)]
    chance.shuffle(points)
    for start in range(0, len(points), 37):
        metrics.append(owner, points[start : start + 37])

    whole = spots(metrics, owner, x=x, limit=limit)

    # The order of points at one place is not promised.
    assert sorted(whole) == sorted(spots(metrics, owner, x=x, limit=limit, start=0.0, end=3_000.0))
    assert 2 <= len(whole) <= limit


def test_a_series_that_fits_is_given_whole(metrics: MetricStore) -> None:
    owner = new_owner()
    for n in range(300):
        metrics.append(owner, [("loss", float(n), n, math.sin(n))])

    assert spots(metrics, owner, limit=300) == spots(metrics, owner)


def test_every_stretch_of_a_long_series_is_drawn(metrics: MetricStore) -> None:
    owner = new_owner()
    metrics.append(owner, [("loss", float(n), n, math.sin(n)) for n in range(60_000)])

    steps = [step for _, step, _ in spots(metrics, owner, x="step", limit=100)]

    assert max(right - left for left, right in itertools.pairwise(steps)) < 60_000 / 100 * 5


def test_a_window_over_points_out_of_order_ends_with_its_own_last_point(metrics: MetricStore) -> None:
    owner = new_owner()
    values = [0.0, 5.0, -5.0, 1.0, 0.0, 9.0]
    for batch in ((4, 1, 2), (5, 0, 3)):
        metrics.append(owner, [("loss", float(n), n, values[n]) for n in batch])

    steps = [step for _, step, _ in spots(metrics, owner, start=0, end=4, limit=4)]

    assert steps == [0, 1, 2, 4]


def test_what_is_not_a_number_is_not_drawn(metrics: MetricStore) -> None:
    owner = new_owner()
    strange = [math.nan, math.inf, -math.inf, 1.0]
    metrics.append(owner, [("loss", float(n), n, strange[n % 4]) for n in range(5000)])

    assert {value for _, _, value in spots(metrics, owner, limit=50)} == {1.0}


@pytest.mark.parametrize("count", [2_000, 80_000])
@pytest.mark.parametrize("x", ["at", "step"])
def test_a_stretch_without_values_leaves_a_gap(
    metrics: MetricStore, count: int, x: Literal["at", "step"]
) -> None:
    """count: few points are reduced one by one, many by their chunks."""
    owner = new_owner()
    hole = range(count // 2, count * 3 // 4)
    metrics.append(owner, [("loss", float(n), n, math.nan if n in hole else 1.0) for n in range(count)])

    found = metrics.series(owner, "loss", x=x, limit=64)
    places = found.axis(x)
    gap = [place for place, value in zip(places, found.value, strict=True) if math.isnan(value)]

    assert len(found) <= 64
    assert list(places) == sorted(places)
    assert set(gap) <= set(hole)
    assert gap[0] - hole.start < count / 10
    assert hole.stop - gap[-1] < count / 10
    inside = [value for place, value in zip(places, found.value, strict=True) if gap[0] <= place <= gap[-1]]
    assert all(map(math.isnan, inside))


@pytest.mark.parametrize("count", [2_000, 80_000])
def test_a_series_that_diverges_reaches_to_its_last_step(metrics: MetricStore, count: int) -> None:
    owner = new_owner()
    metrics.append(owner, [("loss", float(n), n, 1.0 if n < count / 2 else math.nan) for n in range(count)])

    found = metrics.series(owner, "loss", x="step", limit=64)

    assert (found.step[0], found.step[-1]) == (0, count - 1)


@pytest.mark.parametrize("count", [2_000, 80_000])
def test_a_long_series_without_any_value_has_no_point(metrics: MetricStore, count: int) -> None:
    owner = new_owner()
    metrics.append(owner, [("loss", float(n), n, math.nan) for n in range(count)])

    assert len(metrics.series(owner, "loss", x="step", limit=64)) == 0


def test_points_without_a_step_are_not_drawn_by_step(metrics: MetricStore) -> None:
    owner = new_owner()
    metrics.append(owner, [("loss", float(n), n if n % 2 else None, float(n)) for n in range(5000)])

    by_step = spots(metrics, owner, x="step", limit=8)

    assert all(step % 2 == 1 for _, step, _ in by_step)
    assert by_step[0][2] == 1.0
    assert spots(metrics, owner, x="at", limit=8)[0][2] == 0.0


def test_a_chart_of_less_than_four_points_is_refused(metrics: MetricStore) -> None:
    with pytest.raises(ValueError, match="at least 4"):
        metrics.series("owner", "loss", limit=3)
