"""The middle of a host's life: data in, the user's process, results out."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from clary.domain.hosts import Outcome, Phase

from .command import command_of, environment_of
from .errors import ClientError, StopRequested
from .inputs import Inputs, download
from .job_metrics import JobMetrics
from .surroundings import Surroundings
from .verdict import Result, judge, undelivered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .agent import Agent
    from .checkpoints import CheckpointSync
    from .command import Places
    from .objects import ObjectSource
    from .process import Ended
    from .profile.profiler import Profiler
    from .tensor_sync import TensorSync


class Training:
    """One run of the user's code on one host. ``run`` is called once, in the main thread."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._spec = agent.spec
        self._layout = agent.layout
        self._surroundings = Surroundings(agent.spec, agent.layout, agent.host, agent.service, agent.say)
        self._pipe_trouble: ClientError | None = None
        self._metrics: JobMetrics | None = None
        self._tensors: TensorSync | None = None
        self._summaries: CheckpointSync | None = None
        self._profiler: Profiler | None = None

    def run(self) -> Result:
        """Raises ClientError, StopRequested, or OSError for what ends a host before its process ran."""
        try:
            return self._run()
        finally:
            if self._tensors is not None and self._agent.gone is None:
                self._tensors.finish()

    def _run(self) -> Result:
        agent = self._agent
        with agent.switch.interrupts():
            agent.doing = "preparing the host"
            source = self._surroundings.prepare()
            self._tensors = self._tensor_sync(source)
            agent.enter(Phase.DOWNLOADING)
            inputs = download(agent, source, private=self._private, on_trouble=self._on_pipe_trouble)
            self._summaries = self._summary_sync(source)
            self._profiler = self._profile(source)
        self._surroundings.keep_fresh()
        agent.enter(Phase.TRAINING)
        command = command_of(self._spec, inputs.environment, self._places)
        ended = self._train(command, inputs)
        agent.enter(Phase.UPLOADING)
        return self._deliver(self._judge(ended, command), inputs.checkpoints, source)

    @property
    def _private(self) -> bool:
        return self._surroundings.private

    @property
    def _places(self) -> Places:
        return self._surroundings.places

    def _tensor_sync(self, source: ObjectSource) -> TensorSync | None:
        config = self._spec.config_files.get("debughookconfig.json")
        if not config:
            return None
        from .tensor_sync import TensorSync, where_saved

        spec = self._spec
        root, folder = where_saved(config.get("LocalPath"), self._layout, private=self._private)
        return TensorSync(
            f"{config['S3OutputPath'].rstrip('/')}/{spec.job_name}/debug-output",
            root,
            folder,
            source.fork(),
            self._agent.say,
        )

    def _summary_sync(self, source: ObjectSource) -> CheckpointSync | None:
        """TensorBoard's files: they change while they grow, as checkpoints do."""
        config = self._spec.config_files.get("tensorboardoutputconfig.json")
        if not config:
            return None
        from .checkpoints import CheckpointSync
        from .tensor_sync import SUMMARIES_PATH, where_saved

        root, folder = where_saved(
            config.get("LocalPath", SUMMARIES_PATH), self._layout, private=self._private
        )
        uri = f"{config['S3OutputPath'].rstrip('/')}/{self._spec.job_name}/tensorboard-output/"
        return CheckpointSync(uri, root, folder, source.fork(), self._agent.say)

    def _profile(self, source: ObjectSource) -> Profiler | None:
        config = self._spec.config_files.get("profilerconfig.json")
        if not config:
            return None
        from .profile.settings import profile_settings

        settings = profile_settings(config, self._spec.job_name)
        if settings is None:
            return None
        from .profile.profiler import Profiler

        return Profiler(settings, self._spec, self._layout.ml, source.fork(), self._agent.say)

    def _asked_profile(self) -> Callable[[], Mapping[str, Any] | None]:
        service, host = self._agent.service(), self._agent.host

        def ask() -> Mapping[str, Any] | None:
            answer = service.operation("ProfilerConfig", {"Host": host})
            config: Mapping[str, Any] | None = answer["ProfilerConfig"]
            return config

        return ask

    # Training

    def _train(self, command: list[str], inputs: Inputs) -> Ended:
        agent = self._agent
        agent.doing = "training"
        variables = environment_of(self._spec, inputs.environment, self._places)
        if self._profiler is not None and self._spec.step_times:
            variables.update(self._profiler.variables(self._places.ml))
        self._metrics = JobMetrics(agent)
        if agent.switch.requested:
            raise StopRequested
        process = self._surroundings.start(
            command,
            variables,
            str(self._layout.ml / "code"),
            environment=inputs.environment,
            mounts=inputs.mounts,
            on_lines=agent.logs.write,
            on_text=self._metrics.on_text,
        )
        if inputs.checkpoints is not None:
            inputs.checkpoints.start()
        for sync in (self._tensors, self._summaries):
            if sync is not None:
                sync.start()
        if self._profiler is not None:
            self._profiler.start(process.pid)
            self._profiler.follow(self._asked_profile())
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
        if self._profiler is not None:
            self._profiler.stop()
        return ended

    # Uploading

    def _on_pipe_trouble(self, error: ClientError) -> None:
        self._pipe_trouble = error
        self._agent.switch.request()

    def _judge(self, ended: Ended, command: list[str]) -> Result:
        if self._pipe_trouble is not None:
            return Result(Outcome.CLIENT_ERROR, f"ClientError: {self._pipe_trouble}", ended.exit_code)
        return judge(ended, self._layout, command)

    def _deliver(self, result: Result, checkpoints: CheckpointSync | None, source: ObjectSource) -> Result:
        from .outputs import upload_folder

        agent, spec = self._agent, self._spec
        if agent.gone is not None:
            return result
        agent.doing = "uploading"
        if self._tensors is not None:
            self._tensors.finish()
        if self._profiler is not None:
            self._profiler.finish()
        model_uploaded = False
        try:
            for sync in (checkpoints, self._summaries):
                if sync is not None:
                    sync.finish()
            if spec.output_data_uri:
                upload_folder(
                    self._layout.ml, "output/data", spec.output_data_uri, spec.output_compression,
                    self._layout.work, source, agent.say,
                )  # fmt: skip
            if spec.model_uri:
                model_uploaded = upload_folder(
                    self._layout.ml, "model", spec.model_uri, spec.output_compression,
                    self._layout.work, source, agent.say,
                )  # fmt: skip
        except (ClientError, OSError) as error:
            result = undelivered(result, error, agent)
        assert self._metrics is not None
        self._metrics.close()
        if self._tensors is not None:
            self._tensors.give_readers_time()
            self._tensors = None
        return replace(
            result,
            model_uploaded=model_uploaded,
            checkpoints_uploaded=checkpoints is not None and checkpoints.uploaded_any,
        )
