"""Stages what a training job needs before its process starts: channels, checkpoints, source, requirements."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ClientError
from ..outputs.checkpoints import CheckpointSync
from ..sandbox.view import Mount
from .cache_folder import provide_cache
from .channels import channel_objects, stage_files
from .pipe import PipeFeeder
from .script_mode import CHANNELS_INSIDE, provide_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.hosts import ChannelSpec, CheckpointSpec, EnvironmentSpec, TrainingSpec

    from ..agent import Agent
    from ..client.objects import ObjectSource
    from ..layout import Layout
    from .fast_file import FastFiles

ML_INSIDE = "/opt/ml/"


@dataclass(frozen=True, slots=True)
class Inputs:
    """environment: with the job's requirements. mounts: for the sandbox, in addition to the usual ones."""

    environment: EnvironmentSpec
    mounts: tuple[Mount, ...]
    checkpoints: CheckpointSync | None


def download(
    agent: Agent,
    workload: TrainingSpec,
    source: ObjectSource,
    *,
    private: bool,
    fast_files: FastFiles,
    on_trouble: Callable[[ClientError], None],
) -> Inputs:
    """Stages everything. private: there is a sandbox, which can mount folders. fast_files: as in channels.py.

    on_trouble: called when a Pipe channel fails later. Raises ClientError and OSError.
    """
    mounts: list[Mount] = []
    if workload.has_cache:
        mounts.append(provide_cache(workload, agent.layout))
    for channel in workload.channels:
        agent.doing = f"downloading channel {channel.name}"
        if channel.mode == "Pipe":
            _open_pipe(channel, agent.layout, source, on_trouble)
        else:
            mounts += _stage(channel, agent.layout, source, private, fast_files)
    agent.doing = "downloading checkpoints"
    checkpoints = _checkpoints(agent, workload.checkpoint, source, mounts, private)
    agent.doing = "unpacking the source"
    environment = provide_source(agent, workload, source)
    return Inputs(environment, tuple(mounts), checkpoints)


def _stage(
    channel: ChannelSpec, layout: Layout, source: ObjectSource, private: bool, fast_files: FastFiles
) -> list[Mount]:
    staged = stage_files(channel, layout, source, links=private, fast_files=fast_files)
    if staged.read_only is None:
        return []
    return [Mount(str(staged.read_only), CHANNELS_INSIDE + channel.name)]


def _open_pipe(
    channel: ChannelSpec, layout: Layout, source: ObjectSource, on_trouble: Callable[[ClientError], None]
) -> None:
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
    agent: Agent, spec: CheckpointSpec | None, source: ObjectSource, mounts: list[Mount], private: bool
) -> CheckpointSync | None:
    if spec is None:
        return None

    local = os.path.normpath(spec.local_path)
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
    checkpoints = CheckpointSync(spec.uri, root, folder, source.fork(), agent.say)
    checkpoints.download()
    return checkpoints
