"""The record of a new endpoint, and what its updates change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.kinds.kind import NewRecord

from .deployment import check_deployment, check_step
from .generations import generations, instances, serving_generation
from .snapshot import new_generation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.kinds.stores import Stores

Document = dict[str, Any]


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    """Returns the record of a new endpoint, as ``kind.Make`` promises."""
    check_deployment(begun.get("DeploymentConfig"))
    first = new_generation(stores, begun["EndpointConfigName"], 1)
    return NewRecord({**begun, "EndpointStatus": "Creating", "_Generations": [first]})


def updated(stores: Stores, record: Document, request: Mapping[str, Any]) -> Document:
    """The changes of a record that UpdateEndpoint makes: another generation starts.

    Raises ValidationError when the endpoint is not in service, and what ``new_generation`` raises.
    """
    serving = _in_service(record)
    deployment = request.get("DeploymentConfig")
    check_deployment(deployment)
    if deployment is None and request.get("RetainDeploymentConfig"):
        deployment = record.get("DeploymentConfig")
    number = max(each["Id"] for each in generations(record)) + 1
    new = new_generation(stores, request["EndpointConfigName"], number)
    if request.get("RetainAllVariantProperties"):
        excluded = {
            each["VariantPropertyType"] for each in request.get("ExcludeRetainedVariantProperties", ())
        }
        new = _retaining(new, serving, excluded)
    check_step(deployment, sum(instance.label.startswith("v") for instance in instances(new)))
    return {
        "EndpointStatus": "Updating",
        "FailureReason": None,
        "DeploymentConfig": deployment,
        "_Generations": [*generations(record), new],
    }


def with_weights_and_capacities(record: Document, asked: Sequence[Mapping[str, Any]], now: float) -> Document:
    """The changes of a record that UpdateEndpointWeightsAndCapacities makes: the serving generation changes.

    Raises ValidationError for an unknown variant, and when the endpoint is not in service.
    """
    serving = _in_service(record)
    wishes = {each["VariantName"]: each for each in asked}
    known = [variant["VariantName"] for variant in serving["Variants"]]
    for name in wishes:
        if name not in known:
            raise ValidationError(
                f"The variant name(s) {name} is/are not present within endpoint configuration "
                f"{serving['EndpointConfigName']}; it has {', '.join(known)}."
            )
    variants = [
        _resized(variant, wishes.get(variant["VariantName"], {}), now) for variant in serving["Variants"]
    ]
    changed = {**serving, "Variants": variants, "Earlier": serving["Variants"], "Change": "asked"}
    return {
        "EndpointStatus": "Updating",
        "FailureReason": None,
        "_Generations": [changed if each["Id"] == serving["Id"] else each for each in generations(record)],
    }


def _in_service(record: Document) -> Document:
    """The serving generation of an endpoint that may be updated."""
    status = record["EndpointStatus"]
    serving = serving_generation(record)
    if status == "InService" and serving is not None:
        return serving
    if status == "Failed":
        raise ValidationError(
            f'Cannot update endpoint "{record["EndpointArn"]}": its creation failed. Delete it and create it '
            "again."
        )
    raise ValidationError(f'Cannot update in-progress endpoint "{record["EndpointArn"]}": it is {status}.')


def _retaining(new: Document, old: Document, excluded: set[str]) -> Document:
    """A new generation with the weights, counts and data capture of the old one, by the names of variants."""
    before = {variant["VariantName"]: variant for variant in old["Variants"]}
    kept = {"DesiredWeight": "Weight", "DesiredInstanceCount": "InstanceCount"}
    members = [member for name, member in kept.items() if name not in excluded]
    variants = []
    for variant in new["Variants"]:
        same = before.get(variant["VariantName"], {})
        serverless = "Serverless" in variant or "Serverless" in same
        variants.append(
            variant
            | {
                member: same[member]
                for member in members
                if member in same and not (serverless and member == "InstanceCount")
            }
        )
    retained = {**new, "Variants": variants}
    if "DataCaptureConfig" not in excluded:
        retained.pop("DataCaptureConfig", None)
        if "DataCaptureConfig" in old:
            retained["DataCaptureConfig"] = old["DataCaptureConfig"]
    return retained


def _resized(variant: Document, wish: Mapping[str, Any], now: float) -> Document:
    name = variant["VariantName"]
    if "Serverless" in variant:
        if "DesiredInstanceCount" in wish:
            raise ValidationError(
                f"Variant {name} is serverless and has no DesiredInstanceCount; use ServerlessUpdateConfig."
            )
        changes: Document = {
            "Serverless": {**variant["Serverless"], **wish.get("ServerlessUpdateConfig", {})}
        }
    else:
        if "ServerlessUpdateConfig" in wish:
            raise ValidationError(f"Variant {name} is not serverless; use DesiredInstanceCount.")
        count, before = wish.get("DesiredInstanceCount", variant["InstanceCount"]), variant["InstanceCount"]
        if count < 1:
            raise ValidationError(
                f"DesiredInstanceCount of variant {name} is {count}; a variant has at least 1 instance."
            )
        changes = {"InstanceCount": count}
        if count < before:
            changes["Leaving"] = {"Count": before, "Since": now}
    return {**variant, "Weight": float(wish.get("DesiredWeight", variant["Weight"])), **changes}
