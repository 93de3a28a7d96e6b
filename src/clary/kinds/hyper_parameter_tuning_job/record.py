"""Creates the record of a tuning job.

A record keeps the request as it came, with the resources that were chosen for it, and beside it:

    _Trials            its book: each training job, in the order in which they were made (``book.py``)
    _Seed              of the search: RandomSeed, or a number of its own
    _Parents           what is known from the parents of a warm start
    _Tags              of the request: its training jobs have them too
    _ExperimentConfig  the experiment that its trials stand in: its own, or that of the job which made it
    _Ending            how it is to end, once that is decided
"""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING

from clary.kinds.kind import NewRecord
from clary.kinds.own_experiment import experiment_config, make_experiment

from .book import standing
from .definitions import OBJECTIVE, definitions_of
from .hyperband import resources_of
from .request import check_members, check_request, choose_resources
from .warm_start import parents_of, take_metric_definitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document, Stores


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    """Returns the record of a new tuning job, as ``kind.Make`` promises, and its experiment."""
    record = copy.deepcopy(begun)
    own = record.pop("ExperimentConfig", None)
    check_members(record)
    for definition in definitions_of(record):
        definition.document.setdefault("StaticHyperParameters", {})[OBJECTIVE] = definition.metric
        choose_resources(stores, definition)
    take_metric_definitions(stores, record)
    check_request(stores, record)
    if record["HyperParameterTuningJobConfig"]["Strategy"] == "Hyperband":
        resources_of(record)
    record |= {
        "HyperParameterTuningJobStatus": "InProgress",
        "_Seed": _seed(record),
        "_Parents": parents_of(stores, record),
        "_Tags": dict(tags),
        "_ExperimentConfig": own
        or experiment_config(record["HyperParameterTuningJobName"], "aws-tuning-job"),
        "_Trials": [],
    }
    record |= standing(record, [])
    if own is not None:
        return NewRecord(record)
    config, arn = record["_ExperimentConfig"], record["HyperParameterTuningJobArn"]
    return NewRecord(record, lambda: make_experiment(stores, config, arn, "SageMakerHyperParameterTuningJob"))


def _seed(record: Document) -> int:
    config = record["HyperParameterTuningJobConfig"]
    if "RandomSeed" in config:
        return int(config["RandomSeed"])
    own = f"{record['HyperParameterTuningJobArn']}/{record['CreationTime']}"
    return int.from_bytes(hashlib.sha256(own.encode()).digest()[:4], "big")
