"""Makes many trial components quickly, through the stores and not through operations."""

from __future__ import annotations

from typing import Any

from clary.store.links import LinkKind, Links
from clary.store.records import Records

ACCOUNT = "111122223333"
FIRST_AT = 1_700_000_000.0
OPTIMIZERS = ("adam", "sgd", "rmsprop", "lion")


def insert_experiment(records: Records, links: Links, name: str, trials: int) -> None:
    insert(records, "experiment", name, {"ExperimentName": name, "DisplayName": name})
    for number in range(trials):
        trial = f"{name}-trial-{number:03}"
        insert(records, "experiment-trial", trial, {"TrialName": trial, "ExperimentName": name})
        links.add(LinkKind.TRIAL, name, trial)


def insert_component(records: Records, number: int, **members: Any) -> str:
    """Keeps a component that has ended, with three parameters. Returns its ARN."""
    at = FIRST_AT + number
    document: dict[str, Any] = {
        "TrialComponentName": f"component-{number:05}",
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
        **members,
    }
    return insert(records, "experiment-trial-component", f"component-{number:05}", document)


def loss_of(number: int) -> float:
    return 1.0 / (1 + number * 31 % 1000)


def insert(records: Records, kind: str, name: str, document: dict[str, Any]) -> str:
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:{kind}/{name}"
    noun = {"experiment": "Experiment", "experiment-trial": "Trial"}.get(kind, "TrialComponent")
    status = document.get("Status", {}).get("PrimaryStatus", "")
    author = {"CreatedBy": {}, "LastModifiedBy": {}, f"{noun}Arn": arn}
    records.insert(kind, name, {**document, **author}, arn=arn, status=status)
    return arn
