"""What Studio's pages show in the benchmarks, written to the store of a server that is not running."""

from __future__ import annotations

import contextlib
import random
import time
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.harness.components import KIND, fill
from bench.harness.curves import METRIC, POINTS, RUNS, instants, loss_curve
from clary.domain.arns import sagemaker_arn
from clary.kinds.catalogue import all_kinds
from clary.kinds.job_component import component_name
from clary.server.settings import load_settings
from clary.store.attribute_index import AttributeIndex
from clary.store.attribute_index.joined import search_jobs
from clary.store.database import Database
from clary.store.links import LinkKind, Links
from clary.store.records import Records
from clary.store.schema import links
from clary.store.series import rows as series_rows
from clary.store.series.points import Points

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clary.server.settings import Settings

JOBS, COMPONENTS, METRIC_NAMES = 10_000, 10_000, 12_000
COMPARED, BROAD = "compared", "broad"
"""Experiments: of a hundred runs with long curves, and of many components with many metrics."""
STATES = ("Completed",) * 8 + ("Failed", "Stopped")


@contextlib.contextmanager
def _store(home: Path) -> Iterator[tuple[Settings, Database, Records]]:
    settings = load_settings(home=home)
    home.mkdir(parents=True, exist_ok=True)
    search_jobs(kind.record_kind for kind in all_kinds().values() if kind.search_members)
    database = Database.at(home / "clary.db")
    yield settings, database, Records(database, time.time)
    AttributeIndex(database).catch_up()
    database.close()


def fill_jobs(home: Path, count: int = JOBS) -> None:
    """Training jobs that have ended, with hyperparameters and final metrics."""
    chosen = random.Random(0)
    kind = all_kinds()["training-job"]
    with _store(home) as (settings, database, records):
        tracked = []
        with records.transaction():
            for number in range(count):
                name, status = f"resnet-50-sweep-{number:05}", chosen.choice(STATES)
                arn = sagemaker_arn(settings.region, settings.account, "training-job", name)
                document = _job(number, arn, name, status, chosen)
                records.insert("training-job", name, document, arn=arn, status=status)
                tracked.append(("tracked", name, component_name(kind, name), status))
        # Else the server would make the components of jobs that ended unseen, while pages are measured.
        _insert_links(database, tracked)


def _job(number: int, arn: str, name: str, status: str, chosen: random.Random) -> dict[str, Any]:
    at = 1_790_000_000.0 + 60 * number
    return {
        "TrainingJobName": name,
        "TrainingJobArn": arn,
        "TrainingJobStatus": status,
        "SecondaryStatus": status,
        "CreationTime": at,
        "TrainingStartTime": at + 5,
        "TrainingEndTime": at + 5 + 3_600 * chosen.random(),
        "AlgorithmSpecification": {
            "TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6-cpu-py312",
            "TrainingInputMode": "File",
        },
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "HyperParameters": {f"p{index}": f"{chosen.random():.6f}" for index in range(12)},
        "FinalMetricDataList": [
            {"MetricName": f"m{index}", "Value": chosen.random(), "Timestamp": at} for index in range(8)
        ],
        **({"FailureReason": 'AlgorithmError: ErrorMessage "out of memory"'} if status == "Failed" else {}),
    }


def fill_captured(home: Path, name: str, uri: str) -> None:
    """A training job that has ended and whose hook has saved tensors to ``uri``."""
    with _store(home) as (settings, _, records):
        arn = sagemaker_arn(settings.region, settings.account, "training-job", name)
        document = _job(0, arn, name, "Completed", random.Random(0))
        records.insert(
            "training-job",
            name,
            {**document, "DebugHookConfig": {"S3OutputPath": uri}},
            arn=arn,
            status="Completed",
        )


def compared_names(runs: int = RUNS) -> list[str]:
    return [f"run-{number:03}" for number in range(runs)]


def fill_compared(home: Path, runs: int = RUNS, points: int = POINTS) -> None:
    """An experiment with a trial of ``runs`` components, each with one long curve."""
    with _store(home) as (settings, database, records):
        at = array("d", instants(points).tobytes())
        step = array("q", np.arange(points, dtype=np.int64).tobytes())
        _experiment(settings, records, COMPARED)
        parts = Links(database, time.time)
        parts.add(LinkKind.TRIAL, COMPARED, _trial(COMPARED))
        for number, name in enumerate(compared_names(runs)):
            arn = sagemaker_arn(settings.region, settings.account, KIND, name)
            document = {
                "TrialComponentName": name,
                "TrialComponentArn": arn,
                "DisplayName": name,
                "Status": {"PrimaryStatus": "Completed"},
                "Parameters": {"rate": {"NumberValue": 0.001 * number}},
            }
            records.insert(KIND, name, document, arn=arn, status="Completed")
            parts.add(LinkKind.COMPONENT, _trial(COMPARED), name)
            value = array("d", loss_curve(number, points).tobytes())
            with database.write() as connection:
                series_rows.add(connection, arn, {None: {METRIC: Points(at[:], step[:], value)}})


def fill_broad(home: Path, count: int = COMPONENTS, names: int = METRIC_NAMES) -> None:
    """An experiment of ``count`` components; all of them together have ``names`` metrics."""
    with _store(home) as (settings, database, records):
        # The links first: the components are indexed once, and then know what they belong to.
        _link(database, BROAD, [f"c{number}" for number in range(count)])
        fill(database, count, account=settings.account, region=settings.region, metric_names=names)
        _experiment(settings, records, BROAD)


def _experiment(settings: Settings, records: Records, name: str) -> None:
    """The records of an experiment and of its one trial."""
    own_names = (("experiment", "Experiment", name), ("experiment-trial", "Trial", _trial(name)))
    for kind, noun, own in own_names:
        arn = sagemaker_arn(settings.region, settings.account, kind, own)
        document = {f"{noun}Name": own, f"{noun}Arn": arn, "DisplayName": own, "ExperimentName": name}
        records.insert(kind, own, document, arn=arn)


def _link(database: Database, name: str, components: list[str]) -> None:
    """Puts components into the trial of an experiment."""
    trial = _trial(name)
    parts = [("component", trial, component, "") for component in components]
    _insert_links(database, [("trial", name, trial, ""), *parts])


def _insert_links(database: Database, rows: list[tuple[str, str, str, str]]) -> None:
    """rows: kind, source, target and label of each."""
    columns = ("kind", "source", "target", "label")
    made = [{**dict(zip(columns, row, strict=True)), "created_at": 0.0, "attributes": b"{}"} for row in rows]
    with database.write() as connection:
        connection.execute(links.insert(), made)


def _trial(experiment: str) -> str:
    return f"{experiment}-trial"
