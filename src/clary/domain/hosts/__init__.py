"""The spec of a host, its name, and what it reports.

name.py        HostName: one host among those of all jobs
spec.py        HostSpec: what an agent needs to know, whatever its host runs
workloads.py   the part of HostSpec that belongs to one workload
report.py      Phase, Outcome, HostReport: what an agent reports of its host
"""

from .name import PROCESSING_JOB, TRAINING_JOB, HostName
from .report import HostReport, Outcome, Phase
from .spec import (
    AgentCredentials,
    ContainerImage,
    Endpoint,
    EnvironmentSpec,
    FrontSpec,
    HostSpec,
    WorkloadSpec,
)
from .workloads import (
    ChannelSpec,
    CheckpointSpec,
    EvaluationSpec,
    ModelSource,
    OutputSpec,
    ProcessingSpec,
    ServingSpec,
    TrainingSpec,
    TransformSpec,
)

__all__ = [
    "PROCESSING_JOB",
    "TRAINING_JOB",
    "AgentCredentials",
    "ChannelSpec",
    "CheckpointSpec",
    "ContainerImage",
    "Endpoint",
    "EnvironmentSpec",
    "EvaluationSpec",
    "FrontSpec",
    "HostName",
    "HostReport",
    "HostSpec",
    "ModelSource",
    "Outcome",
    "OutputSpec",
    "Phase",
    "ProcessingSpec",
    "ServingSpec",
    "TrainingSpec",
    "TransformSpec",
    "WorkloadSpec",
]
