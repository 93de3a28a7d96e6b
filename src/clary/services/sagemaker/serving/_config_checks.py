"""Checks of CreateEndpointConfig that the model of the wire can't express."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.kinds.serving_entities import MODEL, containers_of, find_serving_entity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.services.context import Context, Document

MEMORY_STEP_MB = 1024

_NOT_SERVED = {
    "AcceleratorPartitionLayouts": "a host has whole GPUs",
    "AcceleratorType": "Elastic Inference does not exist any more",
    "CapacityReservationConfig": "this machine has no reservations",
    "CoreDumpConfig": "a process that dies is told in the log of the endpoint",
    "InstancePools": "give InstanceType and InitialInstanceCount",
}
"""Members of a variant that would change what runs, with what to know or do instead."""


def check_endpoint_config(ctx: Context, request: Mapping[str, Any]) -> None:
    """Raises ValidationError naming the member and the fix, BadRequest for what the machine can't run."""
    if request.get("EnableNetworkIsolation"):
        raise ValidationError(
            "EnableNetworkIsolation is true, but hosts share this machine's network, so it would not be "
            "kept; set it to false."
        )
    if "ExplainerConfig" in request:
        raise ValidationError("ExplainerConfig (Clarify) is not served; leave it out.")
    if "CrossRegionTrafficConfig" in request:
        raise ValidationError("CrossRegionTrafficConfig is not served: there is one region; leave it out.")
    variants = request["ProductionVariants"]
    shadows = request.get("ShadowProductionVariants", [])
    _check_names([*variants, *shadows])
    for member, each in (("ProductionVariants", variants), ("ShadowProductionVariants", shadows)):
        for variant in each:
            _check_variant(ctx, f"{member} {variant['VariantName']}", variant)
    if not any(variant.get("InitialVariantWeight", 1.0) > 0 for variant in variants):
        raise ValidationError(
            "ProductionVariants: every InitialVariantWeight is 0, so no variant would get a request; give "
            "one of them a weight."
        )
    if shadows and (len(variants) > 1 or len(shadows) > 1):
        raise ValidationError(
            f"ShadowProductionVariants has {len(shadows)} and ProductionVariants {len(variants)}; with a "
            "shadow variant, each has exactly one."
        )
    if any("ServerlessConfig" in variant for variant in [*variants, *shadows]):
        _check_serverless(request, variants)
    if "AsyncInferenceConfig" in request:
        _check_async(request["AsyncInferenceConfig"], shadows)
    if "DataCaptureConfig" in request:
        _check_capture(request["DataCaptureConfig"])


def _check_names(variants: Sequence[Document]) -> None:
    names = [variant["VariantName"] for variant in variants]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"The VariantName {name} is used twice; each may be used once.")


def _check_variant(ctx: Context, where: str, variant: Document) -> None:
    if "ModelName" not in variant:
        raise ValidationError(
            f"{where}: ModelName is required; inference components, which need none, are not served."
        )
    for member, known in _NOT_SERVED.items():
        if member in variant:
            raise ValidationError(f"{where}: {member} is not served: {known}. Leave it out.")
    if variant.get("ManagedInstanceScaling", {}).get("Status") == "ENABLED":
        raise ValidationError(
            f"{where}: ManagedInstanceScaling is not served; set InitialInstanceCount, and change it with "
            "UpdateEndpointWeightsAndCapacities."
        )
    if variant.get("EnableSSMAccess"):
        raise ValidationError(f"{where}: EnableSSMAccess is not served; set it to false.")
    model = find_serving_entity(ctx, MODEL, variant["ModelName"])
    sized = [member for member in ("InstanceType", "InitialInstanceCount") if member in variant]
    if "ServerlessConfig" in variant:
        if sized:
            raise ValidationError(f"{where} has ServerlessConfig and {sized[0]}; give the one or the other.")
        _check_serverless_variant(where, variant["ServerlessConfig"], containers_of(model))
        return
    if len(sized) < 2:
        raise ValidationError(f"{where} needs InstanceType and InitialInstanceCount, or ServerlessConfig.")
    ctx.machines.check_cluster(variant["InstanceType"], variant["InitialInstanceCount"])


def _check_serverless_variant(where: str, config: Document, containers: Sequence[Document]) -> None:
    memory_mb = config["MemorySizeInMB"]
    if memory_mb % MEMORY_STEP_MB:
        raise ValidationError(
            f"{where}: ServerlessConfig.MemorySizeInMB is {memory_mb}; it has to be 1024, 2048, 3072, 4096, "
            "5120 or 6144."
        )
    if config.get("ProvisionedConcurrency", 1) > config["MaxConcurrency"]:
        raise ValidationError(
            f"{where}: ServerlessConfig.ProvisionedConcurrency is {config['ProvisionedConcurrency']}, more "
            f"than MaxConcurrency, which is {config['MaxConcurrency']}."
        )
    if len(containers) > 1 or containers[0].get("Mode") == "MultiModel":
        raise ValidationError(
            f"{where}: a model with several containers or several models can't be serverless; give "
            "InstanceType and InitialInstanceCount."
        )


def _check_serverless(request: Mapping[str, Any], variants: Sequence[Document]) -> None:
    """What a serverless endpoint can't have, as on AWS."""
    if len(variants) > 1:
        raise ValidationError(
            f"ProductionVariants has {len(variants)} variants; with ServerlessConfig there is one."
        )
    beside = ["ShadowProductionVariants", "AsyncInferenceConfig"]
    if request.get("DataCaptureConfig", {}).get("EnableCapture"):
        beside.append("DataCaptureConfig")
    for member in beside:
        if member in request:
            raise ValidationError(f"{member} can't be used with ServerlessConfig; give the one or the other.")


def _check_async(config: Document, shadows: Sequence[Document]) -> None:
    output = config["OutputConfig"]
    if "NotificationConfig" in output:
        raise ValidationError(
            "AsyncInferenceConfig.OutputConfig.NotificationConfig is not served: there is no SNS. Wait for "
            "the object at the OutputLocation that InvokeEndpointAsync answers."
        )
    if "S3OutputPath" not in output:
        raise ValidationError(
            "AsyncInferenceConfig.OutputConfig.S3OutputPath is required: where answers are written."
        )
    for member in ("S3OutputPath", "S3FailurePath"):
        if member in output:
            _check_uri(f"AsyncInferenceConfig.OutputConfig.{member}", output[member])
    if shadows:
        raise ValidationError(
            "ShadowProductionVariants can't be used with AsyncInferenceConfig; give the one or the other."
        )


def _check_capture(config: Document) -> None:
    _check_uri("DataCaptureConfig.DestinationS3Uri", config["DestinationS3Uri"])
    modes = [option["CaptureMode"] for option in config["CaptureOptions"]]
    if len(set(modes)) < len(modes):
        raise ValidationError("DataCaptureConfig.CaptureOptions: each CaptureMode may be used once.")


def _check_uri(where: str, uri: str) -> None:
    if not uri.startswith("s3://"):
        raise ValidationError(f"{where} is {uri!r}; it has to begin with s3://")
