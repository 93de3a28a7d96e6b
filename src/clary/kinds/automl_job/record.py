"""Creates the record of an Autopilot job.

A record has the members of both forms of the request (``forms.py``), and beside them:

    _Version           1 or 2: the operation that created it
    _Book              the jobs that it has made, the candidates among them (``book.py``)
    _Plan              what its analysis found, once it is read (``plan.py``)
    _AnalysisName      of its first processing job, which is a part of locations in S3
    _EndpointName      of the endpoint that is to serve the best candidate, if one was asked for
    _Tags              of the request: its jobs have them too
    _ExperimentConfig  the experiment that its jobs stand in
    _Ending            how it is to end, once that is decided
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from clary.kinds.kind import NewRecord
from clary.kinds.own_experiment import experiment_config, make_experiment

from .forms import with_both_forms
from .names import job_name
from .program import IMAGE
from .request import check_request
from .sizes import OF_ANALYSIS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document, Stores


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    """Returns the record of a new Autopilot job, as ``kind.Make`` promises, and its experiment."""
    record = with_both_forms(copy.deepcopy(begun))
    check_request(stores, record)
    stores.machines.check_image(IMAGE)
    stores.machines.check_cluster(OF_ANALYSIS, 1)
    config = experiment_config(record["AutoMLJobName"], "aws-auto-ml-job")
    record |= {
        "AutoMLJobStatus": "InProgress",
        "AutoMLJobSecondaryStatus": "Starting",
        "_Book": [],
        "_AnalysisName": job_name(record, "pr-1"),
        "_Tags": dict(tags),
        "_ExperimentConfig": config,
    }
    deployment = record.get("ModelDeployConfig", {})
    if deployment.get("AutoGenerateEndpointName"):
        record["_EndpointName"] = job_name(record, "endpoint")
    elif deployment.get("EndpointName"):
        record["_EndpointName"] = deployment["EndpointName"]
    arn = record["AutoMLJobArn"]
    return NewRecord(record, lambda: make_experiment(stores, config, arn, "SageMakerAutoMLJob"))
