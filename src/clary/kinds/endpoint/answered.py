"""What DescribeEndpoint answers: the record's generations in the words of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .generations import SERVING, STARTING, Instance, generations, instance_count, serving_generation
from .routes import serves

if TYPE_CHECKING:
    from collections.abc import Sequence

Document = dict[str, Any]


def answered(record: Document) -> Document:
    """The record with its variants, and with those of an update that has not ended."""
    found = dict(record)
    described = serving_generation(record) or next(iter(generations(record)), None)
    if described is None:
        return found
    found["ProductionVariants"] = _summaries(record, described, "Variants", "v")
    if described.get("ShadowVariants"):
        found["ShadowProductionVariants"] = _summaries(record, described, "ShadowVariants", "s")
    if "DataCaptureConfig" in described:
        found["DataCaptureConfig"] = _capture(described["DataCaptureConfig"])
    if "AsyncInferenceConfig" in described:
        found["AsyncInferenceConfig"] = described["AsyncInferenceConfig"]
    if record.get("DeploymentConfig"):
        found["LastDeploymentConfig"] = record["DeploymentConfig"]
    pending = next(iter(generations(record, STARTING)), None)
    if pending is not None and pending is not described:
        found["PendingDeploymentSummary"] = {
            "EndpointConfigName": pending["EndpointConfigName"],
            "ProductionVariants": _summaries(record, pending, "Variants", "v"),
            "StartTime": pending["Since"],
        }
    return found


def _summaries(record: Document, generation: Document, member: str, letter: str) -> list[Document]:
    earlier = {variant["VariantName"]: variant for variant in generation.get("Earlier", ())}
    found = []
    for number, variant in enumerate(generation[member], 1):
        summary = _summary(record, generation, f"{letter}{number}", variant)
        # The weight moves with the traffic: when all new instances serve.
        summary["CurrentWeight"] = earlier.get(variant["VariantName"], variant)["Weight"]
        found.append(summary)
    return found


def _summary(record: Document, generation: Document, label: str, variant: Document) -> Document:
    summary: Document = {
        "VariantName": variant["VariantName"],
        "DeployedImages": _images(variant["Containers"], generation["Since"]),
        "DesiredWeight": variant["Weight"],
        "VariantStatus": _status(record, generation, variant),
    }
    if "Serverless" in variant:
        # AWS counts no instances of a serverless variant.
        summary |= dict.fromkeys(("CurrentInstanceCount", "DesiredInstanceCount"), 0)
        summary |= dict.fromkeys(
            ("CurrentServerlessConfig", "DesiredServerlessConfig"), variant["Serverless"]
        )
        return summary
    count = instance_count(variant)
    each = [Instance(generation["Id"], label, variant, number) for number in range(1, count + 1)]
    at_work = sum(all(serves(record, host) for host in instance.hosts) for instance in each)
    return summary | {
        "CurrentInstanceCount": at_work,
        "DesiredInstanceCount": count,
        "InstanceType": variant["InstanceType"],
    }


def _images(containers: Sequence[Document], at: float) -> list[Document]:
    images = dict.fromkeys(container["Image"] for container in containers)
    return [{"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": at} for image in images]


def _status(record: Document, generation: Document, variant: Document) -> list[Document]:
    """Empty for a variant that only serves."""
    if "Shift" in generation:
        shift = generation["Shift"]
        message = f"It gets {100 * shift['Share']:g} percent of the requests."
        return [{"Status": "Baking", "StatusMessage": message, "StartTime": shift["Since"]}]
    if generation["State"] == STARTING:
        status = "Creating"
    elif generation["State"] == SERVING and ("Earlier" in generation or "Leaving" in variant):
        status = "Updating"
    else:
        return []
    if variant.get("Asleep"):
        return []
    found: Document = {"Status": status, "StartTime": generation["Since"]}
    if record.get("_Waiting"):
        found["StatusMessage"] = record["_Waiting"]
    return [found]


def _capture(config: Document) -> Document:
    # As AWS says: enabled unless it is said to be off.
    enabled = bool(config.get("EnableCapture", True))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
