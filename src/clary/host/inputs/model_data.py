"""Stages the data of a model, and the code that serves it.

archive        s3://bucket/model.tar.gz   unpacked into /opt/ml/model
one object     s3://bucket/model.bin      a file in /opt/ml/model
prefix         s3://bucket/model/         files in /opt/ml/model: links to stored objects when they are many
code           SAGEMAKER_SUBMIT_DIRECTORY, an archive, unpacked into /opt/ml/code; else the model's ``code``
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from clary.domain.hosts import ChannelSpec

from ..beneath import Place
from ..bounds import limits_of
from ..client.s3 import S3Uri
from ..errors import ClientError
from ..sandbox.view import Mount
from .channels import stage_into
from .fetching import Staged, fetch_all
from .source import add_requirements, fetch_source

if TYPE_CHECKING:
    from pathlib import Path

    from clary.domain.hosts import EnvironmentSpec, ModelSource, ServingSpec

    from ..agent import Agent
    from ..client.objects import ObjectSource
    from ..layout import Layout

ML_INSIDE = "/opt/ml/"
SUBMITTED = "SAGEMAKER_SUBMIT_DIRECTORY"
MODEL_CODE = "model/code"
"""Where a model's archive has the code that serves it."""


def stage_models(agent: Agent, workload: ServingSpec, source: ObjectSource, *, private: bool) -> list[Mount]:
    """Stages every source of a host that serves one model. Raises ClientError and OSError."""
    mounts: list[Mount] = []
    for model in workload.models:
        agent.doing = f"downloading the model {model.uri}"
        mounts += _stage(model, agent.layout, source, private)
    return mounts


def fetch_model_archive(uri: str, layout: Layout, folder: str, source: ObjectSource) -> None:
    """Unpacks the archive of a model into a folder below /opt/ml. Raises ClientError and OSError."""
    fetch_archive_beneath(uri, layout.ml, folder, layout.work, source)


def fetch_archive_beneath(uri: str, root: Path, folder: str, scratch: Path, source: ObjectSource) -> None:
    """Unpacks the archive of a model into ``root/folder``. Raises ClientError and OSError."""
    fetch_source(uri, root, folder, scratch, source, what="model archive", member="ModelDataUrl")


def provide_code(agent: Agent, source: ObjectSource) -> tuple[Place, EnvironmentSpec]:
    """Unpacks the code that serves the model; returns its place, and the environment with what it requires.

    Raises ClientError and OSError.
    """
    spec, layout = agent.spec, agent.layout
    folder = Place(layout.ml, MODEL_CODE)
    if spec.environment.container is not None:
        return folder, spec.environment  # the image serves it in its own way
    submitted = spec.variables.get(SUBMITTED, "")
    if submitted.startswith("s3://"):
        agent.doing = "unpacking the source"
        folder = Place(layout.ml, "code")
        fetch_source(submitted, folder.root, folder.relative, layout.work, source, member=SUBMITTED)
    agent.doing = "installing requirements.txt"
    environment = add_requirements(
        spec.environment,
        folder,
        agent.logs.write,
        limit_s=spec.max_runtime_s,
        limits=limits_of(spec),
    )
    return folder, environment


def _stage(model: ModelSource, layout: Layout, source: ObjectSource, private: bool) -> list[Mount]:
    local = os.path.normpath(model.local_path)
    if not local.startswith(ML_INSIDE):
        raise ClientError(f"The model {model.uri} should have a folder below {ML_INSIDE}, not {local!r}.")
    relative = local.removeprefix(ML_INSIDE)
    if model.compression == "Gzip":
        fetch_model_archive(model.uri, layout, relative, source)
        return []
    if model.data_type == "S3Object":
        _fetch_object(model.uri, layout, relative, source)
        return []
    name = relative.replace("/", "-")
    channel = ChannelSpec(name, model.uri, local_path=local)
    staged = stage_into(channel, layout.ml / relative, layout.channels / name, source, links=private)
    return [Mount(str(staged.read_only), local)] if staged.read_only is not None else []


def _fetch_object(uri: str, layout: Layout, relative: str, source: ObjectSource) -> None:
    try:
        place = S3Uri.parse(uri)
    except ValueError as error:
        raise ClientError(f"The model can't be downloaded: {error}") from error
    found = source.named(place.bucket, [place.key], place)
    if not found:
        raise ClientError(f"The model {uri} does not exist.")
    folder = layout.ml / relative
    folder.mkdir(parents=True, exist_ok=True)
    fetch_all([Staged(place.bucket, found[0], place.key.rpartition("/")[2])], folder, source)
