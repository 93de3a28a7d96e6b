from __future__ import annotations

import itertools
import math
import random
import statistics
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.store.databases import open_database

from clary.domain.errors import Conflict, ValidationError
from clary.store.metrics import NO_STEP, MetricStore, Point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

fresh = itertools.count()


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[MetricStore]:
    database = open_database(tmp_path_factory.mktemp("metrics") / "clary.db")
    yield MetricStore(database)
    database.close()


@pytest.fixture
def owner() -> str:
    return new_owner()


def new_owner() -> str:
    return f"arn:aws:sagemaker:us-east-1:123456789012:training-job/job-{next(fresh)}"


def line(count: int, *, name: str = "loss", start: int = 0) -> list[Point]:
    return [(name, 1000.0 + step, step, float(step)) for step in range(start, start + count)]


def values(metrics: MetricStore, owner: str, name: str = "loss") -> list[float]:
    return metrics.series(owner, name, x="step").value.tolist()


strange = st.sampled_from([math.nan, math.inf, -math.inf])
numbers = st.integers(-1_000_000, 1_000_000).map(lambda value: value / 64)
point = st.tuples(
    st.sampled_from(["loss", "accuracy"]),
    st.integers(0, 3).map(float),
    st.one_of(st.none(), st.integers(0, 9)),
    st.one_of(numbers, numbers, strange),
)
batches = st.lists(st.lists(point, min_size=1, max_size=10), min_size=2, max_size=6)


@settings(max_examples=80, deadline=None)
@given(batches=batches)
def test_a_summary_is_that_of_all_points_in_any_order_and_batching(
    metrics: MetricStore, batches: list[list[Point]]
) -> None:
    owner = new_owner()
    for batch in batches:
        metrics.append(owner, batch)
    points = [point for batch in batches for point in batch]

    for summary in metrics.summaries(owner):
        mine = [point for point in points if point[0] == summary.name]
        numbers = [value for *_, value in mine if math.isfinite(value)]
        newest = max(enumerate(mine), key=lambda pair: (pair[1][1], pair[0]))[1]
        assert summary.count == len(mine)
        assert (summary.minimum, summary.maximum) == (min(numbers, default=None), max(numbers, default=None))
        assert (summary.last_at, summary.last_step) == newest[1:3]
        assert summary.last == newest[3] or (math.isnan(summary.last) and math.isnan(newest[3]))
        if numbers:
            assert summary.average == pytest.approx(statistics.fmean(numbers), abs=1e-6)
            assert summary.deviation == pytest.approx(statistics.pstdev(numbers), abs=1e-4)
        else:
            assert (summary.average, summary.deviation) == (None, None)
    assert [summary.name for summary in metrics.summaries(owner)] == sorted({point[0] for point in points})


sizes = st.lists(st.integers(1, 700), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(sizes=sizes)
@example(sizes=[300, 300, 88, 300])
@example(sizes=[511, 1, 1, 512, 511, 1])
@example(sizes=[1500, 20, 600])
def test_a_series_is_every_point_in_whatever_batches_it_came(metrics: MetricStore, sizes: list[int]) -> None:
    owner = new_owner()
    start = 0
    for size in sizes:
        # All at one time: then only the order of arrival says how they follow each other.
        metrics.append(owner, [("loss", 7.0, step, float(step)) for step in range(start, start + size)])
        start += size

    series = metrics.series(owner, "loss", x="at")

    assert series.value.tolist() == [float(step) for step in range(start)]
    assert series.step.tolist() == list(range(start))
    assert series.at.tolist() == [7.0] * start


def test_small_batches_come_to_lie_in_full_chunks(tmp_path: Path) -> None:
    database = open_database(tmp_path / "clary.db")
    store = MetricStore(database)
    for start in range(0, 6000, 10):
        store.append("job", line(10, start=start))
    assert len(store.series("job", "loss")) == 6000

    with database.read() as connection:
        sizes = connection.exec_driver_sql('SELECT count FROM metric_chunks ORDER BY "first"').scalars().all()

    assert sizes[: 6000 // 512] == [512] * (6000 // 512)
    assert sum(sizes) == 6000
    database.close()


def test_points_that_come_out_of_order_are_read_in_order(metrics: MetricStore, owner: str) -> None:
    shuffled = line(2000)
    random.Random(7).shuffle(shuffled)
    for start in range(0, 2000, 30):
        metrics.append(owner, shuffled[start : start + 30])

    assert values(metrics, owner) == [float(step) for step in range(2000)]


def test_points_of_one_place_keep_their_order_of_arrival(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, [("loss", 2.0, 1, 0.1), ("loss", 1.0, 1, 0.2), ("loss", 0.0, 0, 0.3)])

    assert values(metrics, owner) == [0.3, 0.1, 0.2]


def test_a_series_keeps_what_is_not_a_number(metrics: MetricStore, owner: str) -> None:
    metrics.append(
        owner, [("loss", 1.0, 0, math.nan), ("loss", 2.0, 1, math.inf), ("loss", 3.0, 2, -math.inf)]
    )

    kept = values(metrics, owner)

    assert math.isnan(kept[0])
    assert kept[1:] == [math.inf, -math.inf]
    (summary,) = metrics.summaries(owner)
    assert (summary.count, summary.finite, summary.average, summary.last) == (3, 0, None, -math.inf)


def test_huge_values_break_no_summary(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, [("loss", 1.0, 0, 1.7e308), ("loss", 2.0, 1, 1.7e308)])
    metrics.append(owner, [("loss", 3.0, 2, -1.7e308), ("loss", 4.0, 3, -1.7e308)])

    (summary,) = metrics.summaries(owner)

    assert (summary.minimum, summary.maximum) == (-1.7e308, 1.7e308)
    assert summary.average == pytest.approx(0.0, abs=1e300)
    assert summary.deviation == math.inf


def test_a_point_without_a_step_has_a_time_and_no_place_among_steps(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, [("loss", 1.0, None, 0.1), ("loss", 2.0, 5, 0.2)])

    assert metrics.series(owner, "loss", x="at").step.tolist() == [NO_STEP, 5]
    assert values(metrics, owner) == [0.2]


@pytest.mark.parametrize("x", ["at", "step"])
def test_a_range_has_both_its_ends(metrics: MetricStore, owner: str, x: str) -> None:
    metrics.append(owner, line(3000))
    start = 1100 if x == "at" else 100

    series = metrics.series(owner, "loss", x=x, start=start, end=start + 2000)  # type: ignore[arg-type]

    assert series.step.tolist() == list(range(100, 2101))


def test_a_range_around_nothing_is_empty(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, line(10))

    assert len(metrics.series(owner, "loss", start=5000.0)) == 0
    assert len(metrics.series(owner, "loss", start=5000.0, limit=10)) == 0
    assert len(metrics.series(owner, "unknown")) == 0


def test_a_batch_sent_again_is_kept_once(metrics: MetricStore, owner: str) -> None:
    batch = line(10)

    assert metrics.append(owner, batch, sequence=("algo-1", 0)) == 10
    assert metrics.append(owner, batch, sequence=("algo-1", 0)) == 10
    assert metrics.append(owner, batch[5:] + line(5, start=10), sequence=("algo-1", 5)) == 15

    assert values(metrics, owner) == [float(step) for step in range(15)]
    assert metrics.summaries(owner)[0].count == 15


def test_an_old_batch_sent_again_sets_nothing_back(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, line(10), sequence=("algo-1", 0))

    assert metrics.append(owner, line(4), sequence=("algo-1", 0)) == 10
    assert metrics.append(owner, line(2, start=10), sequence=("algo-1", 10)) == 12

    assert values(metrics, owner) == [float(step) for step in range(12)]


def test_the_last_value_is_of_the_later_arrival_where_times_are_equal(
    metrics: MetricStore, owner: str
) -> None:
    for value in (1.0, 2.0):
        metrics.append(owner, [("loss", 5.0, None, value)])
    metrics.append(owner, [("loss", 4.0, None, 3.0)])

    assert metrics.summaries(owner)[0].last == 2.0


host_batches = st.lists(st.lists(point, min_size=1, max_size=130), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(of_hosts=st.lists(host_batches, min_size=1, max_size=3), data=st.data())
def test_the_last_value_is_of_the_first_host_in_whatever_order_the_hosts_points_come(
    metrics: MetricStore, of_hosts: list[list[list[Point]]], data: st.DataObject
) -> None:
    turns = [host for host, batches in enumerate(of_hosts, start=1) for _ in batches]
    owner, waiting = new_owner(), [iter(batches) for batches in of_hosts]
    for host in data.draw(st.permutations(turns), label="turns"):
        metrics.append(owner, next(waiting[host - 1]), host=host)

    for folded in (False, True):
        for summary in metrics.summaries(owner):
            mine = [
                [one for batch in batches for one in batch if one[0] == summary.name] for batches in of_hosts
            ]
            host, points = next((host, points) for host, points in enumerate(mine, start=1) if points)
            _, at, step, value = max(enumerate(points), key=lambda pair: (pair[1][1], pair[0]))[1]
            assert (summary.last_host, summary.last_at, summary.last_step) == (host, at, step)
            assert summary.last == value or (math.isnan(summary.last) and math.isnan(value))
            assert summary.count == sum(map(len, mine))
            if not folded:
                assert len(metrics.series(owner, summary.name)) == summary.count  # reading folds


def test_the_first_host_keeps_the_last_value_after_the_database_is_opened_again(tmp_path: Path) -> None:
    for host, value in ((1, 0.1), (2, 0.2), (3, 0.3)):
        database = open_database(tmp_path / "clary.db")
        store = MetricStore(database)
        store.append("job", [("loss", float(host), host, value)], host=host)
        if host == 2:
            store.series("job", "loss")
        assert store.summaries("job")[0].last == 0.1
        database.close()


def test_a_series_is_active_while_any_host_sends(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, [("loss", 5.0, 0, 0.5)], host=1)
    metrics.append(owner, [("loss", 90.0, 0, 0.5)], host=2)

    assert list(metrics.names(owner, active_since=90.0)) == [(owner, "loss")]
    assert list(metrics.names(owner, active_since=91.0)) == []


def test_senders_count_each_for_itself(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, line(3), sequence=("algo-1", 0))
    metrics.append(owner, line(3, start=3), sequence=("algo-2", 0))

    assert values(metrics, owner) == [float(step) for step in range(6)]


def test_a_gap_in_a_sequence_is_refused_and_told_where_to_go_on(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, line(3), sequence=("algo-1", 0))

    with pytest.raises(Conflict, match="go on from 3") as refused:
        metrics.append(owner, line(3, start=5), sequence=("algo-1", 5))

    assert refused.value.members == {"Sequence": 3}
    assert len(values(metrics, owner)) == 3


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_sender_that_crashes_anywhere_and_sends_again_loses_and_doubles_nothing(
    metrics: MetricStore, data: st.DataObject
) -> None:
    owner = new_owner()
    sent = line(data.draw(st.integers(1, 900)))
    acknowledged = 0
    while acknowledged < len(sent):
        start = data.draw(st.integers(0, acknowledged), label="goes back to")
        end = data.draw(st.integers(acknowledged + 1, len(sent)), label="sends up to")
        acknowledged = metrics.append(owner, sent[start:end], sequence=("algo-1", start))
        assert acknowledged == end

    assert values(metrics, owner) == [point[3] for point in sent]


def test_a_batch_with_a_bad_point_is_refused_whole(metrics: MetricStore, owner: str) -> None:
    with pytest.raises(ValidationError, match="64 bits"):
        metrics.append(owner, [("loss", 1.0, 0, 1.0), ("loss", 1.0, 2**63, 1.0)])
    with pytest.raises(ValidationError, match="epoch seconds"):
        metrics.append(owner, [("loss", math.nan, 0, 1.0)])

    assert metrics.summaries(owner) == []


def test_points_are_there_after_the_database_is_opened_again(tmp_path: Path) -> None:
    database = open_database(tmp_path / "clary.db")
    MetricStore(database).append("job", line(600), sequence=("algo-1", 0))
    database.close()

    again = open_database(tmp_path / "clary.db")
    store = MetricStore(again)
    assert store.append("job", line(600), sequence=("algo-1", 0)) == 600
    assert len(store.series("job", "loss")) == 600
    again.close()


def test_what_an_owner_had_can_be_deleted(metrics: MetricStore, owner: str) -> None:
    metrics.append(owner, line(3), sequence=("algo-1", 0))

    metrics.delete_all(owner)

    assert metrics.summaries(owner) == []
    assert metrics.append(owner, line(2), sequence=("algo-1", 0)) == 2
    assert values(metrics, owner) == [0.0, 1.0]
