"""All that has to be here before the user's process starts: channels, checkpoints, source, requirements."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .beneath import Place, open_beneath
from .bounds import limits_of
from .command import hyperparameter
from .errors import ClientError
from .sandbox.view import Mount

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.hosts import ChannelSpec, EnvironmentSpec

    from .agent import Agent
    from .checkpoints import CheckpointSync
    from .layout import Layout
    from .objects import ObjectSource

CHANNELS_INSIDE = "/opt/ml/input/data/"
ML_INSIDE = "/opt/ml/"


@dataclass(frozen=True, slots=True)
class Inputs:
    """environment: with the job's requirements added. mounts: for the sandbox, beside the usual ones."""

    environment: EnvironmentSpec
    mounts: tuple[Mount, ...]
    checkpoints: CheckpointSync | None


def download(
    agent: Agent, source: ObjectSource, *, private: bool, on_trouble: Callable[[ClientError], None]
) -> Inputs:
    """Stages everything. private: a sandbox will mount what has to be mounted.

    on_trouble: told when a Pipe channel breaks later on. Raises ClientError and OSError.
    """
    mounts: list[Mount] = []
    for channel in agent.spec.channels:
        agent.doing = f"downloading channel {channel.name}"
        if channel.mode == "Pipe":
            _open_pipe(channel, agent.layout, source, on_trouble)
        else:
            mounts += _stage(channel, agent.layout, source, private)
    agent.doing = "downloading checkpoints"
    checkpoints = _checkpoints(agent, source, mounts, private)
    agent.doing = "unpacking the source"
    environment = _provide_code(agent, source)
    return Inputs(environment, tuple(mounts), checkpoints)


def _stage(channel: ChannelSpec, layout: Layout, source: ObjectSource, private: bool) -> list[Mount]:
    from .channels import stage_files

    staged = stage_files(channel, layout, source, links=private)
    if staged.read_only is None:
        return []
    return [Mount(str(staged.read_only), CHANNELS_INSIDE + channel.name)]


def _open_pipe(
    channel: ChannelSpec, layout: Layout, source: ObjectSource, on_trouble: Callable[[ClientError], None]
) -> None:
    from .channels import channel_objects
    from .pipe import PipeFeeder

    PipeFeeder(
        channel.name,
        layout.ml / "input/data",
        tuple(channel_objects(channel, source)),
        source.fork(),
        unzip=channel.compression == "Gzip",
        record_io=channel.record_wrapper == "RecordIO",
        on_trouble=on_trouble,
    ).start()


def _checkpoints(
    agent: Agent, source: ObjectSource, mounts: list[Mount], private: bool
) -> CheckpointSync | None:
    if agent.spec.checkpoint is None:
        return None
    from .checkpoints import CheckpointSync

    local = os.path.normpath(agent.spec.checkpoint.local_path)
    if not local.startswith("/") or local == "/":
        raise ClientError(f"CheckpointConfig.LocalPath {local!r} should be an absolute path of a folder.")
    if private:
        mounts.append(Mount(str(agent.layout.checkpoints), local, writable=True))
        root, folder = agent.layout.host, agent.layout.checkpoints.name
    elif local.startswith(ML_INSIDE):
        root, folder = agent.layout.ml, local[len(ML_INSIDE) :]
        (root / folder).mkdir(parents=True, exist_ok=True)
    else:
        raise ClientError(
            f"CheckpointConfig.LocalPath {local!r} should lie under /opt/ml: this host has no sandbox to put "
            "it elsewhere."
        )
    checkpoints = CheckpointSync(agent.spec.checkpoint.uri, root, folder, source.fork(), agent.say)
    checkpoints.download()
    return checkpoints


def _provide_code(agent: Agent, source: ObjectSource) -> EnvironmentSpec:
    """The environment for the source; a ContainerEntrypoint brings what it needs itself."""
    spec, layout = agent.spec, agent.layout
    if spec.entrypoint or hyperparameter(spec, "sagemaker_program") is None:
        return spec.environment
    from .source import add_requirements, fetch_source, unpack_source

    folder = Place(layout.ml, "code")
    submitted = str(hyperparameter(spec, "sagemaker_submit_directory") or "").removeprefix("file://")
    staged = _staged(layout, submitted)
    if submitted.startswith("s3://"):
        fetch_source(submitted, folder.root, folder.relative, layout.work, source)
    elif staged is not None:
        try:
            descriptor = open_beneath(staged.root, staged.relative)
        except OSError:
            folder = staged  # the launcher copies it, if it is a folder; its requirements count all the same
        else:
            with open(descriptor, "rb") as archive:
                unpack_source(archive, folder.root, folder.relative, submitted)
    agent.doing = "installing requirements.txt"
    return add_requirements(
        spec.environment,
        folder,
        agent.logs.write,
        limit_s=spec.max_runtime_s,
        limits=limits_of(spec),
        project=True,
    )


def _staged(layout: Layout, submitted: str) -> Place | None:
    """Where a path of a channel lies outside; None for a path that is in no channel."""
    inside = os.path.normpath(submitted)
    if not inside.startswith(CHANNELS_INSIDE):
        return None
    relative = inside.removeprefix(CHANNELS_INSIDE)
    channel = relative.partition("/")[0]
    linked = (layout.channels / channel).is_dir()
    return Place(layout.channels if linked else layout.ml / "input/data", relative)
