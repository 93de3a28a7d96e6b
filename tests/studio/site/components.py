"""Makes many trial components quickly, through the stores and not through operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clary.store.links import LinkKind, Links
from clary.store.metrics import MetricStore
from clary.store.records import Records
from clary.store.series.points import Point

ACCOUNT = "111122223333"
FIRST_AT = 1_700_000_000.0
OPTIMIZERS = ("adam", "sgd", "rmsprop", "lion")


def insert_experiment(records: Records, links: Links, name: str, trials: int) -> None:
    insert(records, "experiment", name, {"ExperimentName": name, "DisplayName": name})
    for number in range(trials):
        trial = f"{name}-trial-{number:03}"
        insert(records, "experiment-trial", trial, {"TrialName": trial, "ExperimentName": name})
        links.add(LinkKind.TRIAL, name, trial)


def insert_component(
    records: Records, metrics: MetricStore, number: int, of_metrics: int, distinct: int
) -> str:
    """Keeps a component with three parameters, and ``of_metrics`` metrics of ``distinct`` possible ones."""
    name = f"component-{number:05}"
    at = FIRST_AT + number
    document: dict[str, Any] = {
        "TrialComponentName": name,
        "DisplayName": f"Run {number}",
        "Status": {"PrimaryStatus": "Failed" if number % 50 == 7 else "Completed"},
        "CreationTime": at,
        "StartTime": at,
        "EndTime": at + 60 + number % 600,
        "Parameters": {
            "rate": {"NumberValue": (number * 7919 % 1000 + 1) / 1000},
            "optimizer": {"StringValue": OPTIMIZERS[number % 4]},
            "epochs": {"NumberValue": 10.0},
        },
    }
    arn = insert(records, "experiment-trial-component", name, document)
    points = list(_points(number, at, of_metrics, distinct))
    if points:
        metrics.append(arn, points)
    return name


def insert(records: Records, kind: str, name: str, document: dict[str, Any]) -> str:
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}/{name}"
    noun = {"experiment": "Experiment", "experiment-trial": "Trial"}.get(kind, "TrialComponent")
    status = document.get("Status", {}).get("PrimaryStatus", "")
    author = {"CreatedBy": {}, "LastModifiedBy": {}, f"{noun}Arn": arn}
    records.insert(kind, name, {**document, **author}, arn=arn, status=status)
    return arn


def _points(number: int, at: float, of_metrics: int, distinct: int) -> Iterator[Point]:
    for place in range(of_metrics):
        metric = "loss" if place == 0 else f"layer-{(number * of_metrics + place) % distinct:05}/norm"
        yield metric, at, 1, 1.0 / (1 + number * 31 % 1000) + place
