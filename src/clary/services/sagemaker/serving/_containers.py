"""Checks of the containers of CreateModel that the model of the wire can't express."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.services.sagemaker._pulled import check_pull

from ._model_data import check_data_source, check_data_url, check_shared_prefix
from ._packages import containers_of_package

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document


def checked_containers(ctx: Context, request: Mapping[str, Any]) -> list[Document]:
    """The containers in the order of the pipeline; those of a package stand for its name.

    Raises ValidationError naming the member and the fix.
    """
    named = [
        (where, each)
        for where, container in _named_containers(request)
        for each in _resolved(ctx, where, container)
    ]
    if len(named) > 1:
        _check_pipeline(request, named)
    for where, container in named:
        _check_container(ctx, request["ExecutionRoleArn"], where, container)
    return [container for _, container in named]


def _named_containers(request: Mapping[str, Any]) -> list[tuple[str, Document]]:
    """(member of the request, container)."""
    given = [member for member in ("PrimaryContainer", "Containers") if member in request]
    if len(given) != 1 or request[given[0]] == []:
        raise ValidationError(
            "A model needs PrimaryContainer, or Containers for an inference pipeline; give only one of the "
            "two."
        )
    if "PrimaryContainer" in given:
        return [("PrimaryContainer", request["PrimaryContainer"])]
    return [(f"Containers[{index}]", container) for index, container in enumerate(request["Containers"])]


def _resolved(ctx: Context, where: str, container: Document) -> list[Document]:
    return containers_of_package(ctx, where, container) if "ModelPackageName" in container else [container]


def _check_pipeline(request: Mapping[str, Any], named: list[tuple[str, Document]]) -> None:
    for where, container in named:
        is_direct = request.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
        if is_direct and "ContainerHostname" not in container:
            raise ValidationError(
                f"{where}.ContainerHostname is required when InferenceExecutionConfig.Mode is Direct: "
                "TargetContainerHostname of InvokeEndpoint names the container by it."
            )
    hostnames = [container["ContainerHostname"] for _, container in named if "ContainerHostname" in container]
    for hostname in hostnames:
        if hostnames.count(hostname) > 1:
            raise ValidationError(
                f"Containers: the ContainerHostname {hostname} is used twice; each may be used once."
            )
    for where, container in named:
        if container.get("Mode") == "MultiModel":
            raise ValidationError(
                f"{where}.Mode is MultiModel, which is not served within a pipeline; give the model one "
                "container, as PrimaryContainer."
            )


def _check_container(ctx: Context, role: str, where: str, container: Document) -> None:
    if "Image" not in container:
        raise ValidationError(
            f"{where}.Image is required: name the image that serves the model, or a ModelPackageName."
        )
    ctx.machines.check_image(container["Image"])
    check_pull(ctx, role, container["Image"])
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        raise ValidationError(f"{where} has ModelDataUrl and ModelDataSource; give only one of them.")
    if container.get("Mode") == "MultiModel":
        _check_many_models(ctx, where, container)
    elif "ModelDataUrl" in container:
        check_data_url(ctx, role, f"{where}.ModelDataUrl", container["ModelDataUrl"])
    elif "ModelDataSource" in container:
        check_data_source(ctx, role, f"{where}.ModelDataSource", container["ModelDataSource"])
    seen: set[str] = set()
    for source in container.get("AdditionalModelDataSources", ()):
        name = source["ChannelName"]
        if name in seen:
            raise ValidationError(
                f"{where}.AdditionalModelDataSources: the ChannelName {name} is used twice; each may be used "
                "once."
            )
        seen.add(name)
        check_data_source(ctx, role, f"{where}.AdditionalModelDataSources {name}", source)


def _check_many_models(ctx: Context, where: str, container: Document) -> None:
    if "ModelDataUrl" not in container:
        raise ValidationError(
            f"{where}.Mode is MultiModel, which needs a ModelDataUrl: the prefix in S3 below which the "
            "archives of the models lie."
        )
    check_shared_prefix(ctx, f"{where}.ModelDataUrl", container["ModelDataUrl"])
