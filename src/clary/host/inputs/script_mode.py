"""Script mode: stages the user's script with what it requires, and chooses the command of a training job.

The command is the ContainerEntrypoint; without one, the launcher with the script (``sagemaker_program``);
without a script, the launcher with the environment's built-in algorithm.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ..beneath import Place, open_beneath
from ..bounds import limits_of
from ..container.command import image_command
from ..errors import ClientError
from .source import add_requirements, fetch_source, unpack_source

if TYPE_CHECKING:
    from clary.domain.hosts import EnvironmentSpec, HostSpec, TrainingSpec

    from ..agent import Agent
    from ..client.objects import ObjectSource
    from ..layout import Layout
    from ..user_process.variables import UserPaths

CHANNELS_INSIDE = "/opt/ml/input/data/"
TRAIN = ("train",)
"""What SageMaker runs an image with to train."""


def training_command(
    spec: HostSpec, workload: TrainingSpec, environment: EnvironmentSpec, paths: UserPaths
) -> list[str]:
    """Returns the command of a training job. Raises ClientError when there is nothing to run."""
    if environment.container is not None:
        return image_command(environment.container, workload.entrypoint, workload.arguments, TRAIN)
    if workload.entrypoint:
        return [*workload.entrypoint, *workload.arguments]
    # The launcher needs no site-packages, whose setup takes up to 25 ms. The program that it executes has
    # them.
    python = [f"{environment.prefix}/bin/python", "-I", "-S"]
    if _hyperparameter(spec, "sagemaker_program"):
        return [*python, paths.launcher, *workload.arguments]
    if workload.algorithm:
        return [*python, paths.launcher, "--algorithm", workload.algorithm, *workload.arguments]
    raise ClientError(
        f"The image {environment.name} has no algorithm of its own, and the job names no script. Give the "
        "hyperparameters sagemaker_program and sagemaker_submit_directory, or a ContainerEntrypoint."
    )


def provide_source(agent: Agent, workload: TrainingSpec, source: ObjectSource) -> EnvironmentSpec:
    """Unpacks the user's source; returns the environment with what it requires.

    A ContainerEntrypoint brings what it needs itself. Raises ClientError and OSError.
    """
    spec, layout = agent.spec, agent.layout
    if spec.environment.container is not None:
        return spec.environment  # its entrypoint fetches the script, as it does in SageMaker
    if workload.entrypoint or _hyperparameter(spec, "sagemaker_program") is None:
        return spec.environment
    folder = Place(layout.ml, "code")
    submitted = str(_hyperparameter(spec, "sagemaker_submit_directory") or "").removeprefix("file://")
    staged = _staged(layout, submitted)
    if submitted.startswith("s3://"):
        fetch_source(submitted, folder.root, folder.relative, layout.work, source)
    elif staged is not None:
        try:
            descriptor = open_beneath(staged.root, staged.relative)
        except OSError:
            folder = staged  # a folder: the launcher copies it; its requirements are installed all the same
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
    """Returns where a path of a channel lies outside; None for a path that is in no channel."""
    inside = os.path.normpath(submitted)
    if not inside.startswith(CHANNELS_INSIDE):
        return None
    relative = inside.removeprefix(CHANNELS_INSIDE)
    channel = relative.partition("/")[0]
    linked = (layout.channels / channel).is_dir()
    return Place(layout.channels if linked else layout.ml / "input/data", relative)


def _hyperparameter(spec: HostSpec, name: str) -> object:
    """Returns its value decoded from JSON, the text itself when it is no JSON, None when it is missing."""
    text = (spec.config_files.get("hyperparameters.json") or {}).get(name)
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
