"""Serves the best candidate when the request has a ModelDeployConfig."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from clary.kinds.decision import ToMake, ToWrite
from clary.kinds.serving_entities import ENDPOINT_CONFIG, MODEL, create_serving_entity
from clary.kinds.serving_lineage import follow_model

from .book import ENDPOINT_KIND
from .forms import wishes_of
from .jobs import inference_container
from .names import job_name

if TYPE_CHECKING:
    from clary.kinds.stores import Stores

Document = dict[str, Any]

INSTANCE_TYPE = "ml.m5.large"


def deployment(record: Document, best: Document) -> tuple[list[ToWrite], ToMake]:
    """The model and the configuration, and the endpoint that is made of them."""
    security = wishes_of(record).security
    tags = [{"Key": key, "Value": value} for key, value in record["_Tags"].items()]
    model: Document = {
        "ModelName": job_name(record, "model"),
        "Containers": [inference_container(record["_Plan"], best["Model"])],
        "ExecutionRoleArn": record["RoleArn"],
        "Tags": tags,
        **({"VpcConfig": security["VpcConfig"]} if "VpcConfig" in security else {}),
    }
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model["ModelName"],
        "InstanceType": INSTANCE_TYPE,
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }
    config: Document = {
        "EndpointConfigName": job_name(record, "config"),
        "ProductionVariants": [variant],
        "Tags": tags,
    }
    endpoint = {
        "EndpointName": record["_EndpointName"],
        "EndpointConfigName": config["EndpointConfigName"],
        "Tags": tags,
    }
    return [
        ToWrite(model["ModelName"], partial(_write_model, model)),
        ToWrite(config["EndpointConfigName"], partial(_write_config, config)),
    ], ToMake(ENDPOINT_KIND, endpoint)


def names_of(record: Document) -> tuple[str, ...]:
    """The records that a deployment makes, by whose names a refusal is told."""
    if "_EndpointName" not in record:
        return ()
    return job_name(record, "model"), job_name(record, "config"), record["_EndpointName"]


def _write_model(request: Document, stores: Stores) -> None:
    containers = request["Containers"]
    arn = create_serving_entity(stores, MODEL, request, _Containers=containers)
    follow_model(stores, arn, containers)


def _write_config(request: Document, stores: Stores) -> None:
    create_serving_entity(stores, ENDPOINT_CONFIG, request)
