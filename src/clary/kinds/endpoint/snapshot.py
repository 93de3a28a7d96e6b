"""A new generation: what an endpoint configuration and its models say at this moment.

The endpoint keeps this copy: a model may be deleted as soon as an endpoint was made of it, as in AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.kinds.serving_entities import ENDPOINT_CONFIG, MODEL, containers_of, find_serving_entity

from .generations import STARTING

if TYPE_CHECKING:
    from clary.kinds.stores import Stores

Document = dict[str, Any]

STARTUP_TIMEOUT_S = 600.0
"""How long a container may take until it answers /ping, where the configuration does not say."""


def new_generation(stores: Stores, config_name: str, number: int) -> Document:
    """A generation of the configuration as it is now.

    Raises ValidationError when the configuration or a model is not there, and what the machine can't run.
    """
    config = find_serving_entity(stores, ENDPOINT_CONFIG, config_name)
    generation: Document = {
        "Id": number,
        "EndpointConfigName": config["EndpointConfigName"],
        "State": STARTING,
        "Since": stores.now(),
        "ServerlessIdleS": stores.machines.serverless_idle_s,
        "Variants": [_variant(stores, each) for each in config["ProductionVariants"]],
    }
    if config.get("ShadowProductionVariants"):
        generation["ShadowVariants"] = [_variant(stores, each) for each in config["ShadowProductionVariants"]]
    for member in ("DataCaptureConfig", "AsyncInferenceConfig"):
        if config.get(member):
            generation[member] = config[member]
    return generation


def _variant(stores: Stores, asked: Document) -> Document:
    where = f"Production variant {asked['VariantName']}"
    model = find_serving_entity(stores, MODEL, asked["ModelName"])
    if "ExecutionRoleArn" not in model:
        raise ValidationError(
            f"{where}: model {asked['ModelName']} has no ExecutionRoleArn; make it with one."
        )
    containers = containers_of(model)
    for container in containers:
        stores.machines.check_image(container["Image"])
    variant: Document = {
        "VariantName": asked["VariantName"],
        "ModelName": model["ModelName"],
        "RoleArn": model["ExecutionRoleArn"],
        "Containers": containers,
        "Direct": model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct",
        "Isolated": bool(model.get("EnableNetworkIsolation")),
        "Mode": containers[0].get("Mode", "SingleModel"),
        "Weight": float(asked.get("InitialVariantWeight", 1.0)),
        "StartupTimeoutS": float(asked.get("ContainerStartupHealthCheckTimeoutInSeconds", STARTUP_TIMEOUT_S)),
        "DownloadTimeoutS": asked.get("ModelDataDownloadTimeoutInSeconds"),
        "VolumeSizeInGB": asked.get("VolumeSizeInGB"),
    }
    variant |= _size(asked, where)
    stores.machines.check_cluster(variant["InstanceType"], 1)
    return variant


def _size(asked: Document, where: str) -> Document:
    """The instances of a variant. A serverless one has one: the gateway keeps to its MaxConcurrency."""
    serverless = asked.get("ServerlessConfig")
    if serverless is not None:
        memory_mb = serverless["MemorySizeInMB"]
        return {
            "InstanceType": f"ml.serverless.{memory_mb}",
            "InstanceCount": 1,
            "Serverless": serverless,
        }
    if "InstanceType" not in asked:
        raise ValidationError(f"{where} has neither InstanceType nor ServerlessConfig; give one of them.")
    return {"InstanceType": asked["InstanceType"], "InstanceCount": asked.get("InitialInstanceCount", 1)}
