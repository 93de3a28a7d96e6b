"""The utilization of an endpoint's instances, as CloudWatch has it: ``/aws/sagemaker/Endpoints``, by variant.

Every instance of a variant adds its points to the same series. An instance of a pipeline has several hosts:
its points are the sum over these.
"""

from __future__ import annotations

from typing import Any

from clary.kinds.cluster import InstanceTotal

from .cluster import LOG_GROUP
from .generations import find_instance
from .invocation_metrics import ENDPOINT_DIMENSION, VARIANT_DIMENSION

Document = dict[str, Any]

NAMESPACE = LOG_GROUP
DIMENSIONS = (ENDPOINT_DIMENSION, VARIANT_DIMENSION)

_PART = "instances"


def instances_owner(endpoint_arn: str, variant: str) -> str:
    """The owner of the series of a variant's instances."""
    return f"{endpoint_arn}/{_PART}/{variant}"


def read_instances_owner(owner: str) -> tuple[str, str] | None:
    """Returns (ARN of the endpoint, variant); None for another owner. Names have no slash."""
    parts = owner.split("/")
    if len(parts) != 4 or parts[2] != _PART:
        return None
    return "/".join(parts[:2]), parts[3]


def instance_total(record: Document, host: str) -> InstanceTotal | None:
    """Where the utilization of a host's instance is added up, as ``Cluster.total`` promises."""
    try:
        instance, _ = find_instance(record, host)
    except KeyError:
        return None  # the generation of the host has ended
    first, *others = instance.hosts
    if host != first:
        return None
    return InstanceTotal(instances_owner(record["EndpointArn"], instance.variant["VariantName"]), others)
