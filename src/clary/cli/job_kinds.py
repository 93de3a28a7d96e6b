"""The kinds of jobs a command can show, and how each is spelled on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class CliKind:
    """title: what a table calls it. noun: what operations and members are named after."""

    title: str
    noun: str
    log_group: str
    started: str
    ended: str
    instances: Callable[[Document], list[tuple[int, str]]]
    """(count, type) of each group of instances."""

    def name(self, job: Document) -> str:
        return str(job[f"{self.noun}Name"])

    def status(self, job: Document) -> str:
        return str(job[f"{self.noun}Status"])

    def describe(self, sagemaker: Any, name: str) -> Document:
        """Raises botocore's ClientError when there is no such job."""
        from botocore import xform_name

        describe = getattr(sagemaker, xform_name(f"Describe{self.noun}"))
        found: Document = describe(**{f"{self.noun}Name": name})
        return found

    def newest(self, sagemaker: Any, limit: int | None, **filters: Any) -> Iterator[Document]:
        """Summaries, newest first."""
        from botocore import xform_name

        pages = sagemaker.get_paginator(xform_name(f"List{self.noun}s")).paginate(
            **filters, PaginationConfig={"MaxItems": limit, "PageSize": min(limit or 100, 100)}
        )
        for page in pages:
            yield from page[f"{self.noun}Summaries"]


def _training_instances(job: Document) -> list[tuple[int, str]]:
    resources = job["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [resources]
    return [(group["InstanceCount"], group["InstanceType"]) for group in groups]


def _processing_instances(job: Document) -> list[tuple[int, str]]:
    cluster = job["ProcessingResources"]["ClusterConfig"]
    if "SelectedInstanceType" in cluster:
        return [(cluster["SelectedInstanceCount"], cluster["SelectedInstanceType"])]
    return [(cluster["InstanceCount"], cluster["InstanceType"])]


TRAINING = CliKind(
    "training",
    "TrainingJob",
    "/aws/sagemaker/TrainingJobs",
    "TrainingStartTime",
    "TrainingEndTime",
    _training_instances,
)
PROCESSING = CliKind(
    "processing",
    "ProcessingJob",
    "/aws/sagemaker/ProcessingJobs",
    "ProcessingStartTime",
    "ProcessingEndTime",
    _processing_instances,
)
KINDS = (TRAINING, PROCESSING)
