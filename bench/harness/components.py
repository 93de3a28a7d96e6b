"""Writes many trial components with parameters and metrics to a store, to measure searches over them.

They are written directly to the tables: only the search is measured, and through the operations a hundred
thousand components would take ten minutes. The usual code writes the attribute index.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import orjson

from clary.store.attribute_index import AttributeIndex
from clary.store.schema import attribute_values, metric_series, records, stale_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.store.database import Database

KIND = "experiment-trial-component"
PARAMETERS, METRICS = 20, 20
AT_ONCE = 1_000
OPTIMIZERS = ("sgd", "adam", "adagrad", "rmsprop", "lamb", "lion", "muon", "lbfgs")


def fill(database: Database, count: int, *, account: str, region: str, metric_names: int = METRICS) -> None:
    """Writes ``count`` components, c0, c1, ..., each with 20 metrics and 20 parameters (5 strings).

    metric_names: how many different metrics they have together; each has the next 20 of them.
    """
    chosen = random.Random(count)
    arn = f"arn:aws:sagemaker:{region}:{account}:{KIND}/c"
    attributes = AttributeIndex(database)
    indexes = list(attribute_values.indexes)
    with database.write() as connection:
        for index in indexes:
            index.drop(connection)
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        with database.write() as connection:
            connection.execute(records.insert(), [_record(number, arn, chosen) for number in numbers])
            series = [
                row for number in numbers for row in _series(f"{arn}{number}", number, metric_names, chosen)
            ]
            connection.execute(metric_series.insert(), series)
            connection.execute(stale_attributes.insert(), [{"record": number + 1} for number in numbers])
        attributes.catch_up()
    # Create indexes at the end: twelve million rows are sorted in seconds, but inserted one by one in
    # minutes.
    with database.write() as connection:
        for index in indexes:
            index.create(connection)


def _record(number: int, arn: str, chosen: random.Random) -> dict[str, Any]:
    parameters: dict[str, Any] = {f"p{index}": {"NumberValue": chosen.random()} for index in range(15)}
    parameters |= {f"p{index}": {"StringValue": chosen.choice(OPTIMIZERS)} for index in range(15, PARAMETERS)}
    at = 1_790_000_000.0 + number
    document = {
        "TrialComponentName": f"c{number}",
        "DisplayName": f"component {number}",
        "TrialComponentArn": f"{arn}{number}",
        "Status": {"PrimaryStatus": "Completed"},
        "Parameters": parameters,
        "CreationTime": at,
        "LastModifiedTime": at,
    }
    return {
        "id": number + 1,
        "kind": KIND,
        "name": f"c{number}",
        "arn": f"{arn}{number}",
        "status": "Completed",
        "created_at": at,
        "modified_at": at,
        "version": 1,
        "document": orjson.dumps(document),
    }


def _series(owner: str, number: int, metric_names: int, chosen: random.Random) -> Iterator[dict[str, Any]]:
    for index in metrics_of(number, metric_names):
        low, high = sorted((chosen.random(), chosen.random()))
        yield {
            "owner": owner,
            "name": f"m{index}",
            "count": 2,
            "finite": 2,
            "minimum": low,
            "maximum": high,
            "last": high,
            "last_at": 1_790_000_000.0,
            "last_step": 1,
            "mean": (low + high) / 2,
            "m2": (high - low) ** 2 / 2,
            "packed": 0,
        }


def metrics_of(number: int, metric_names: int) -> list[int]:
    """The numbers of a component's metrics."""
    return [(METRICS * number + index) % metric_names for index in range(METRICS)]
