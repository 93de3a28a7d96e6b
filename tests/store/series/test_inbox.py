from __future__ import annotations

import random
import statistics
from typing import TYPE_CHECKING

import pytest
from tests.store.databases import open_database

from clary.store.attribute_index import Operator, Query, Where
from clary.store.database import Database
from clary.store.metrics import MetricStore, Point
from clary.store.metrics.store import SMALL
from clary.store.records import Records
from clary.store.series.chunks import FULL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KIND = "experiment-trial-component"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "clary.db")
    yield database
    database.close()


@pytest.fixture
def metrics(database: Database) -> MetricStore:
    return MetricStore(database)


def batch(step: int, names: int = 10) -> list[Point]:
    return [(f"m{index}", float(step), step, float(step + index)) for index in range(names)]


def count(database: Database, table: str) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_a_small_batch_is_one_row_whatever_its_series(database: Database, metrics: MetricStore) -> None:
    metrics.append("job", batch(0))

    assert (count(database, "metric_inbox"), count(database, "metric_series")) == (1, 0)


def test_a_summary_counts_what_waits_and_writes_nothing(database: Database, metrics: MetricStore) -> None:
    metrics.append("job", [("m0", 1.0, step, float(step)) for step in range(SMALL)])
    metrics.append("job", batch(SMALL, names=2))

    first, second = metrics.summaries("job")

    assert (first.name, first.count, first.maximum, first.last) == ("m0", SMALL + 1, SMALL, SMALL)
    assert first.average == pytest.approx(statistics.fmean(range(SMALL + 1)))
    assert (second.name, second.count) == ("m1", 1)
    assert count(database, "metric_inbox") == 1


def test_names_stay_in_order_where_some_of_them_wait(metrics: MetricStore) -> None:
    metrics.append("job", [(name, 1.0, 0, 0.5) for name in ("b", "z", "é")] * SMALL)
    metrics.append("job", [("a", 1.0, 0, 0.5), ("c", 1.0, 0, 0.5)])

    waiting = [summary.name for summary in metrics.summaries("job")]
    metrics.series("job", "a")

    assert waiting == ["a", "b", "c", "z", "é"]
    assert [summary.name for summary in metrics.summaries("job")] == waiting


def test_a_full_inbox_is_folded(database: Database, metrics: MetricStore) -> None:
    for step in range(FULL // 10 + 1):
        metrics.append("job", batch(step))

    assert count(database, "metric_inbox") == 0
    assert count(database, "metric_series") == 10


def test_points_keep_their_order_of_arrival_through_small_and_large_batches(metrics: MetricStore) -> None:
    chosen = random.Random(3)
    total = 0
    for _ in range(60):
        size = chosen.choice((1, 10, SMALL - 1, SMALL, 700))
        # All at one time: then only the order of arrival says how they follow each other.
        metrics.append("job", [("loss", 7.0, step, float(step)) for step in range(total, total + size)])
        total += size

    assert metrics.summaries("job")[0].count == total
    assert metrics.series("job", "loss").value.tolist() == [float(step) for step in range(total)]


def test_what_waits_is_there_after_the_database_is_opened_again(tmp_path: Path) -> None:
    database = open_database(tmp_path / "again.db")
    MetricStore(database).append("job", batch(0))
    database.close()

    again = open_database(tmp_path / "again.db")

    assert [summary.count for summary in MetricStore(again).summaries("job")] == [1] * 10
    assert MetricStore(again).series("job", "m3").value.tolist() == [3.0]
    again.close()


def test_what_waits_is_deleted_with_its_owner(metrics: MetricStore) -> None:
    metrics.append("job", batch(0))
    metrics.append("other", batch(0))

    metrics.delete_all("job")

    assert metrics.summaries("job") == []
    assert len(metrics.summaries("other")) == 10


def test_every_search_sees_what_waited_before_it(database: Database, metrics: MetricStore) -> None:
    records = Records(database, lambda: 1.0)
    arn = "arn:aws:sagemaker:us-east-1:111122223333:training-job/job"
    records.insert("training-job", "job", {"TrainingJobName": "job"}, arn=arn)
    records.insert(KIND, "own", {"Source": {"SourceArn": arn}}, arn="arn:own")
    records.insert(KIND, "also", {"Source": {"SourceArn": arn}}, arn="arn:also")

    for step in range(3):
        metrics.append(arn, [("loss", float(step), step, float(step))])
        metrics.append("arn:own", [("own", float(step), step, float(step))])
        wanted = Where("Metrics.loss.Max", Operator.EQUALS, numbers=(float(step),))
        found = records.search(Query(KIND, wanted, "CreationTime", False), limit=10)
        last = Where("Metrics.loss", Operator.EQUALS, numbers=(float(step),))
        jobs = records.search(Query("training-job", last, "CreationTime", False), limit=10)

        own = Where("Metrics.own.Last", Operator.EQUALS, numbers=(float(step),))
        its = records.search(Query(KIND, own, "CreationTime", False), limit=10)

        assert [hit.name for hit in found.records] == ["own", "also"]
        assert [hit.name for hit in its.records] == ["own"]
        assert [hit.name for hit in jobs.records] == ["job"]
