"""Condition keys of requests about endpoint configurations, transform jobs and model packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn

if TYPE_CHECKING:
    from .requirement import KeyValues, Scope

_VARIANTS = ("ProductionVariants", "ShadowProductionVariants")


def endpoint_config_keys(params: dict[str, Any], scope: Scope) -> KeyValues:
    """Returns the keys of CreateEndpointConfig. A key has one value for each variant that has it."""
    variants = [variant for member in _VARIANTS for variant in params.get(member) or ()]
    serverless = [variant["ServerlessConfig"] for variant in variants if variant.get("ServerlessConfig")]
    named = {
        "sagemaker:acceleratortypes": [variant.get("AcceleratorType") for variant in variants],
        "sagemaker:modelarn": [
            sagemaker_arn(scope.region, scope.account, "model", variant["ModelName"])
            for variant in variants
            if variant.get("ModelName")
        ],
        "sagemaker:serverlessmaxconcurrency": [config.get("MaxConcurrency") for config in serverless],
        "sagemaker:serverlessmemorysize": [config.get("MemorySizeInMB") for config in serverless],
        "sagemaker:volumekmskey": [params.get("KmsKeyId")],
    }
    found = {key: list(dict.fromkeys(str(each) for each in values if each)) for key, values in named.items()}
    return {key: values for key, values in found.items() if values}


def transform_job_keys(params: dict[str, Any], scope: Scope) -> KeyValues:
    """Returns the keys of CreateTransformJob."""
    name = params.get("ModelName")
    return {"sagemaker:modelarn": [sagemaker_arn(scope.region, scope.account, "model", name)]} if name else {}


def model_package_keys(params: dict[str, Any]) -> KeyValues:
    """Returns the keys of requests that create or update a model package."""
    found: KeyValues = {}
    for key, value in (params.get("CustomerMetadataProperties") or {}).items():
        found[f"sagemaker:customermetadataproperties/{key.lower()}"] = value
    if params.get("CustomerMetadataPropertiesToRemove"):
        found["sagemaker:customermetadatapropertiestoremove"] = params["CustomerMetadataPropertiesToRemove"]
    cycle = params.get("ModelLifeCycle") or {}
    for key, value in (
        ("sagemaker:modelapprovalstatus", params.get("ModelApprovalStatus")),
        ("sagemaker:modellifecycle:stage", cycle.get("Stage")),
        ("sagemaker:modellifecycle:stagestatus", cycle.get("StageStatus")),
    ):
        if value:
            found[key] = value
    return found
