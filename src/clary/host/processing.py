"""The middle of a processing job's host: inputs in, the user's process, outputs out."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from clary.domain.hosts import Phase

from .bounds import limits_of
from .command import command_of, environment_of
from .errors import ClientError, StopRequested
from .job_metrics import JobMetrics
from .processing_requirements import with_requirements
from .processing_tree import ProcessingTree
from .surroundings import Surroundings
from .verdict import Result, judge_processing, undelivered

if TYPE_CHECKING:
    from clary.domain.hosts import ChannelSpec, EnvironmentSpec, OutputSpec

    from .agent import Agent
    from .beneath import Place
    from .checkpoints import CheckpointSync
    from .objects import ObjectSource
    from .process import Ended

CODE = "code"
"""What the SDK calls the input with the user's code. It is unpacked where it lies, so it is never linked."""


class Processing:
    """One run of the user's code on one host. ``run`` is called once, in the main thread."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._spec = agent.spec
        self._layout = agent.layout
        self._surroundings = Surroundings(agent.spec, agent.layout, agent.host, agent.service, agent.say)
        self._tree = ProcessingTree(agent.layout)
        self._at_end: list[tuple[OutputSpec, Place]] = []
        self._continuous: list[CheckpointSync] = []
        self._code: Place | None = None
        self._metrics: JobMetrics | None = None

    def run(self) -> Result:
        """Raises ClientError, StopRequested, or OSError for what ends a host before its process ran."""
        agent = self._agent
        with agent.switch.interrupts():
            agent.doing = "preparing the host"
            for text in self._spec.notes:
                agent.say(f"Clary: {text}")
            source = self._surroundings.prepare()
            agent.enter(Phase.DOWNLOADING)
            for channel in sorted(self._spec.channels, key=lambda each: os.path.normpath(each.local_path)):
                self._stage(channel, source)
            for output in sorted(self._spec.outputs, key=lambda each: os.path.normpath(each.local_path)):
                self._open_output(output, source)
            agent.doing = "installing requirements.txt"
            environment = self._environment()
        self._surroundings.keep_fresh()
        agent.enter(Phase.PROCESSING)
        command = command_of(self._spec, environment, self._surroundings.places)
        ended = self._process(command, environment)
        agent.enter(Phase.UPLOADING)
        return self._deliver(judge_processing(ended, self._layout, command), source)

    def _stage(self, channel: ChannelSpec, source: ObjectSource) -> None:
        from .channels import stage_into

        self._agent.doing = f"downloading {channel.title}"
        local = os.path.normpath(channel.local_path)
        # What an output takes along has to be there as files, not as a mount over them.
        taken_along = any(
            local == out or local.startswith(f"{out}/")
            for out in (os.path.normpath(output.local_path) for output in self._spec.outputs)
        )
        inside, apart = self._tree.writable(local), self._tree.apart()
        staged = stage_into(
            channel,
            inside.path,
            apart.path,
            source,
            links=self._surroundings.private and not taken_along and channel.name != CODE,
        )
        if channel.name == CODE:
            self._code = inside
        if staged.read_only is not None:
            self._tree.cover(local, apart)

    def _environment(self) -> EnvironmentSpec:
        if self._code is None:
            return self._spec.environment
        return with_requirements(
            self._spec.environment,
            self._code,
            self._layout.work,
            self._agent.logs.write,
            limit_s=self._spec.max_runtime_s,
            limits=limits_of(self._spec),
        )

    def _open_output(self, output: OutputSpec, source: ObjectSource) -> None:
        place = self._tree.writable(output.local_path)
        if not output.continuous:
            self._at_end.append((output, place))
            return
        from .checkpoints import CheckpointSync

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

    def _process(self, command: list[str], environment: EnvironmentSpec) -> Ended:
        agent = self._agent
        agent.doing = "processing"
        variables = environment_of(self._spec, environment, self._surroundings.places)
        self._metrics = JobMetrics(agent)
        if agent.switch.requested:
            raise StopRequested
        process = self._surroundings.start(
            command,
            variables,
            str(self._layout.ml / "processing"),
            environment=environment,
            mounts=self._tree.mounts,
            on_lines=agent.logs.write,
        )
        for sync in self._continuous:
            sync.start()
        try:
            ended = process.wait(
                agent.switch,
                deadline=time.monotonic() + self._spec.max_runtime_s,
                grace_s=self._spec.stop_grace_s,
                kill_now=lambda: agent.gone is not None,
            )
        except BaseException:
            process.kill()
            raise
        return ended

    def _deliver(self, result: Result, source: ObjectSource) -> Result:
        """Whatever way the process ended: what it left is the user's."""
        from .outputs import upload_folder

        agent = self._agent
        if agent.gone is not None:
            return result
        try:
            for sync in self._continuous:
                agent.doing = "uploading"
                sync.finish()
            for output, place in self._at_end:
                agent.doing = f"uploading output {output.name}"
                upload_folder(
                    place.root, place.relative, output.uri, "NONE", self._layout.work, source, agent.say
                )
        except (ClientError, OSError) as error:
            result = undelivered(result, error, agent)
        assert self._metrics is not None
        self._metrics.close()
        return result
