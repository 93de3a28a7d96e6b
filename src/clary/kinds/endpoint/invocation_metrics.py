"""The metrics of requests to endpoints, as CloudWatch has them: by variant, in ``AWS/SageMaker``.

The step of a stored point is its weight: for how many requests it stands.
"""

from __future__ import annotations

NAMESPACE = "AWS/SageMaker"
ENDPOINT_DIMENSION, VARIANT_DIMENSION = "EndpointName", "VariantName"

UNITS = {
    "Invocations": "None",
    "InvocationsPerInstance": "None",
    "Invocation4XXErrors": "None",
    "Invocation5XXErrors": "None",
    "InvocationModelErrors": "None",
    "ModelLatency": "Microseconds",
    "OverheadLatency": "Microseconds",
}
"""Each metric, and its unit."""

_PART = "variant"


def variant_owner(endpoint_arn: str, variant: str) -> str:
    """The owner of the series of one variant."""
    return f"{endpoint_arn}/{_PART}/{variant}"


def read_variant_owner(owner: str) -> tuple[str, str] | None:
    """Returns (ARN of the endpoint, variant); None for another owner. Names have no slash."""
    parts = owner.split("/")
    if len(parts) != 4 or parts[2] != _PART:
        return None
    return "/".join(parts[:2]), parts[3]
