"""What a caller needs for an operation: IAM actions, their resources, and values of condition keys.

One file per service. An operation may need several things (CopyObject reads and writes); all are needed.
"""

from __future__ import annotations

from typing import Any

from . import cloudwatch, ecr, iam, logs, s3, sagemaker, sts
from .requirement import Requirement, Scope, TagsOf

__all__ = ["Requirement", "Scope", "TagsOf", "requirements"]

_SERVICES = {
    "sagemaker": sagemaker.requirements,
    "sagemaker-runtime": sagemaker.runtime_requirements,
    "sagemaker-metrics": sagemaker.metrics_requirements,
    "s3": s3.requirements,
    "logs": logs.requirements,
    "cloudwatch": cloudwatch.requirements,
    "ecr": ecr.requirements,
    "iam": iam.requirements,
    "sts": sts.requirements,
}


def requirements(service: str, operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    """Returns everything that the caller needs."""
    return _SERVICES[service](operation, params, scope)
