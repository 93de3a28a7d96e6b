"""A host of a processing job: stages inputs, runs the user's process, uploads outputs.

The SDK's FrameworkProcessor sends a bundle. Its script unpacks it and installs its requirements.txt with pip.
The environment is shared by all jobs and read-only, so that pip could not install there. The agent adds a
layer before, and pip finds every requirement satisfied.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from clary.domain.hosts import Phase, ProcessingSpec

from ..beneath import Place, open_beneath
from ..bounds import limits_of
from ..container.command import image_command
from ..errors import ClientError
from ..inputs.channels import stage_into
from ..inputs.processing_tree import ProcessingTree
from ..inputs.source import add_requirements, unpack_source
from ..outputs.checkpoints import CheckpointSync
from ..outputs.upload import upload_folder
from ..result.result import Result, processing_result
from ..user_job import Program, run_user_job
from ..user_process.variables import variables_of
from .workload import Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.hosts import ChannelSpec, EnvironmentSpec, HostSpec, OutputSpec

    from ..agent import Agent
    from ..client.objects import ObjectSource
    from ..layout import Layout
    from ..stop import StopSwitch
    from ..user_process.process import Ended
    from ..user_process.setup import UserProcessSetup

FOLDERS = ("processing", "output/metrics/sagemaker")
CONFIG_FOLDER = "config"
BUNDLE = "sourcedir.tar.gz"
CODE = "code"
"""The SDK's name of the input with the user's code. The script unpacks it in place, so it is never linked."""


def run(spec: HostSpec, layout: Layout, switch: StopSwitch) -> Result:
    return run_user_job(spec, layout, switch, _Processing)


WORKLOAD = Workload(ProcessingSpec, FOLDERS, CONFIG_FOLDER, run)


class _Processing:
    """A UserJob."""

    phase: str | None = Phase.PROCESSING
    metric_definitions: Sequence[tuple[str, str]] = ()

    def __init__(self, agent: Agent, setup: UserProcessSetup) -> None:
        assert isinstance(agent.spec.workload, ProcessingSpec)
        self._agent = agent
        self._spec = agent.spec
        self._workload = agent.spec.workload
        self._layout = agent.layout
        self._setup = setup
        self._tree = ProcessingTree(agent.layout)
        self._at_end: list[tuple[OutputSpec, Place]] = []
        self._continuous: list[CheckpointSync] = []
        self._source: ObjectSource | None = None

    # Inputs

    def stage(self, source: ObjectSource) -> EnvironmentSpec:
        self._source = source
        for text in self._spec.notes:
            self._agent.say(f"Clary: {text}")
        code: Place | None = None
        for each in sorted(self._workload.inputs, key=lambda each: os.path.normpath(each.local_path)):
            place = self._stage(each, source)
            if each.name == CODE:
                code = place
        for output in sorted(self._workload.outputs, key=lambda each: os.path.normpath(each.local_path)):
            self._open_output(output, source)
        if code is None or self._spec.environment.container is not None:
            return self._spec.environment
        self._agent.doing = "installing requirements.txt"
        return self._with_requirements(code)

    def _stage(self, channel: ChannelSpec, source: ObjectSource) -> Place:
        """Stages an input; returns where its folder lies outside the sandbox."""
        self._agent.doing = f"downloading {channel.title}"
        local = os.path.normpath(channel.local_path)
        # Inputs inside the folder of an output are uploaded with it, so they have to be files, not mounts.
        taken_along = any(
            local == out or local.startswith(f"{out}/")
            for out in (os.path.normpath(output.local_path) for output in self._workload.outputs)
        )
        inside, apart = self._tree.writable(local), self._tree.apart()
        links = self._setup.private and not taken_along and channel.name != CODE
        staged = stage_into(channel, inside.path, apart.path, source, links=links)
        if staged.read_only is not None:
            self._tree.cover(local, apart)
        return inside

    def _open_output(self, output: OutputSpec, source: ObjectSource) -> None:
        place = self._tree.writable(output.local_path)
        if not output.continuous:
            self._at_end.append((output, place))
            return
        self._continuous.append(
            CheckpointSync(
                output.uri,
                place.root,
                place.relative,
                source.fork(),
                self._agent.say,
                what=f"the files of output {output.name}",
            )
        )

    def _with_requirements(self, code: Place) -> EnvironmentSpec:
        """Returns the environment with the requirements of the bundle in ``code``. Raises ClientError."""
        try:
            descriptor = open_beneath(code.root, f"{code.relative}/{BUNDLE}")
        except OSError:
            return self._spec.environment
        source = Place(self._layout.work, "source")
        with open(descriptor, "rb") as bundle:
            unpack_source(bundle, source.root, source.relative, BUNDLE)
        return add_requirements(
            self._spec.environment,
            source,
            self._agent.logs.write,
            limit_s=self._spec.max_runtime_s,
            limits=limits_of(self._spec),
        )

    # The user's process

    def program(self, environment: EnvironmentSpec) -> Program:
        image = environment.container
        if image is not None:
            command = image_command(image, self._workload.entrypoint, self._workload.arguments)
            if not command:
                raise ClientError(
                    f"The image {environment.name} has no ENTRYPOINT and no CMD, and the job gives no "
                    "command. Give a ContainerEntrypoint, or build the image with an ENTRYPOINT."
                )
            variables = variables_of(self._spec, environment, self._setup.paths, noun="PROCESSING")
            return Program(command, variables, "/", self._tree.mounts)
        # Environments have no entrypoint of their own. So arguments alone are the command, as with Docker.
        command = [*self._workload.entrypoint, *self._workload.arguments]
        if not command:
            raise ClientError(
                f"The image {environment.name} has no entrypoint of its own, and the job gives no command. "
                'Give a ContainerEntrypoint, such as ["python3", "/opt/ml/processing/input/code/script.py"].'
            )
        variables = variables_of(self._spec, environment, self._setup.paths, noun="PROCESSING")
        folder = str(self._layout.ml / "processing")
        return Program(command, variables, folder, self._tree.mounts)

    def started(self, pid: int) -> None:
        for sync in self._continuous:
            sync.start()

    # Outputs

    def result(self, ended: Ended, command: Sequence[str]) -> Result:
        return processing_result(ended, self._layout, command)

    def deliver(self) -> None:
        assert self._source is not None
        for sync in self._continuous:
            sync.finish()
        for output, place in self._at_end:
            self._agent.doing = f"uploading output {output.name}"
            upload_folder(
                place.root,
                place.relative,
                output.uri,
                "NONE",
                self._layout.work,
                self._source,
                self._agent.say,
            )

    def complete(self, result: Result) -> Result:
        return result

    def close(self) -> None:
        """Nothing is left to end."""
