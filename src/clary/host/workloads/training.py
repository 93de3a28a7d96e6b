"""A host of a training job: stages channels and code, runs the user's process, uploads model and outputs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Outcome, Phase, TrainingSpec

from ..client.service import ServiceError
from ..inputs.cache_folder import INSIDE, VARIABLE
from ..inputs.fast_file import FastFiles
from ..inputs.script_mode import training_command
from ..inputs.training_inputs import Inputs, download
from ..model_content import model_content
from ..outputs.checkpoints import CheckpointSync
from ..outputs.tensor_sync import SUMMARIES_PATH, TensorSync, where_saved
from ..outputs.upload import upload_folder
from ..profile.profiler import Profiler
from ..profile.settings import profile_settings
from ..result.result import Result, training_result
from ..user_job import Program, run_user_job
from ..user_process.variables import variables_of
from .workload import Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clary.domain.hosts import EnvironmentSpec, HostSpec

    from ..agent import Agent
    from ..client.objects import ObjectSource
    from ..errors import ClientError
    from ..layout import Layout
    from ..stop import StopSwitch
    from ..user_process.process import Ended
    from ..user_process.setup import UserProcessSetup

FOLDERS = (
    "input/data",
    "model",
    "output/data",
    "output/metrics/sagemaker",
    "output/tensors",
    "output/profiler",
    "checkpoints",
    "code",
)
CONFIG_FOLDER = "input/config"


def run(spec: HostSpec, layout: Layout, switch: StopSwitch) -> Result:
    return run_user_job(spec, layout, switch, _Training)


WORKLOAD = Workload(TrainingSpec, FOLDERS, CONFIG_FOLDER, run)


class _Training:
    """A UserJob."""

    phase: str | None = Phase.TRAINING

    def __init__(self, agent: Agent, setup: UserProcessSetup) -> None:
        assert isinstance(agent.spec.workload, TrainingSpec)
        self._agent = agent
        self._spec = agent.spec
        self._workload = agent.spec.workload
        self._layout = agent.layout
        self._setup = setup
        self.metric_definitions: Sequence[tuple[str, str]] = self._workload.metric_definitions
        self._inputs: Inputs | None = None
        self._fast_files = FastFiles(setup.mount_fuse, agent.say)
        self._pipe_trouble: ClientError | None = None
        self._tensors: TensorSync | None = None
        self._summaries: CheckpointSync | None = None
        self._profiler: Profiler | None = None
        self._source: ObjectSource | None = None
        self._stopped = self._delivered = self._model_uploaded = False

    # Data in

    def stage(self, source: ObjectSource) -> EnvironmentSpec:
        self._source = source
        self._tensors = self._tensor_sync(source)
        self._inputs = download(
            self._agent,
            self._workload,
            source,
            private=self._setup.private,
            fast_files=self._fast_files,
            on_trouble=self._on_pipe_trouble,
        )
        self._summaries = self._summary_sync(source)
        self._profiler = self._profile(source)
        return self._inputs.environment

    def _tensor_sync(self, source: ObjectSource) -> TensorSync | None:
        config = self._spec.config_files.get("debughookconfig.json")
        if not config:
            return None
        root, folder = where_saved(config.get("LocalPath"), self._layout, private=self._setup.private)
        return TensorSync(self._below(config, "debug-output"), root, folder, source.fork(), self._agent.say)

    def _summary_sync(self, source: ObjectSource) -> CheckpointSync | None:
        """Synchronizes TensorBoard's files, which grow while they are written, as checkpoints do."""
        config = self._spec.config_files.get("tensorboardoutputconfig.json")
        if not config:
            return None
        root, folder = where_saved(
            config.get("LocalPath", SUMMARIES_PATH), self._layout, private=self._setup.private
        )
        uri = self._below(config, "tensorboard-output/")
        return CheckpointSync(uri, root, folder, source.fork(), self._agent.say)

    def _below(self, config: Mapping[str, Any], folder: str) -> str:
        return f"{config['S3OutputPath'].rstrip('/')}/{self._spec.job_name}/{folder}"

    def _profile(self, source: ObjectSource) -> Profiler | None:
        config = self._spec.config_files.get("profilerconfig.json")
        if not config:
            return None
        settings = profile_settings(config, self._spec.job_name)
        if settings is None:
            return None
        return Profiler(settings, self._spec, self._layout.ml, source.fork(), self._agent.say)

    def _on_pipe_trouble(self, error: ClientError) -> None:
        self._pipe_trouble = error
        self._agent.switch.request()

    # The user's process

    def program(self, environment: EnvironmentSpec) -> Program:
        assert self._inputs is not None
        paths = self._setup.paths
        command = training_command(self._spec, self._workload, environment, paths)
        more = {}
        if self._workload.has_cache:
            more[VARIABLE] = INSIDE if self._setup.private else str(self._layout.cache)
        variables = variables_of(self._spec, environment, paths, noun="TRAINING", more=more)
        if self._profiler is not None and self._workload.step_times:
            variables.update(self._profiler.variables(paths.ml))
        return Program(
            command,
            variables,
            str(self._layout.ml / "code"),
            self._inputs.mounts,
            on_kill=self._fast_files.close,
        )

    def started(self, pid: int) -> None:
        for sync in (self._checkpoints, self._tensors, self._summaries):
            if sync is not None:
                sync.start()
        if self._profiler is not None:
            self._profiler.start(pid)
            self._profiler.follow(self._asked_profile())

    @property
    def _checkpoints(self) -> CheckpointSync | None:
        return self._inputs.checkpoints if self._inputs is not None else None

    def _asked_profile(self) -> Callable[[], Mapping[str, Any] | None]:
        service, host = self._agent.service(), self._agent.host

        def ask() -> Mapping[str, Any] | None:
            answer = service.operation("ProfilerConfig", {"Host": host})
            config: Mapping[str, Any] | None = answer["ProfilerConfig"]
            return config

        return ask

    # Results out

    def result(self, ended: Ended, command: Sequence[str]) -> Result:
        self._fast_files.close()
        if self._profiler is not None:
            self._profiler.stop()
        self._stopped = ended.stopped
        if self._pipe_trouble is not None:
            return Result(Outcome.CLIENT_ERROR, f"ClientError: {self._pipe_trouble}", ended.exit_code)
        return training_result(ended, self._layout, command)

    def deliver(self) -> None:
        self._delivered = True
        if self._tensors is not None:
            self._tensors.finish()
        if self._profiler is not None:
            self._profiler.finish()
        for sync in (self._checkpoints, self._summaries):
            if sync is not None:
                sync.finish()
        if self._workload.spot and self._stopped and self._is_interrupted():
            # The model is that of the last attempt, and the machine is needed by others.
            return
        self._upload("output/data", self._workload.output_data_uri)
        self._agent.model_content = model_content(self._layout.ml, "model")
        self._model_uploaded = self._upload("model", self._workload.model_uri)

    def _is_interrupted(self) -> bool:
        try:
            answer = self._agent.service().operation("Interruption", {"Host": self._agent.host})
        except ServiceError:
            return False  # the job is gone, or another attempt of it runs
        reason = answer["Reason"]
        if reason:
            self._agent.say(
                f"Clary: interrupted, because {reason}. The job waits for capacity and starts again."
            )
        return bool(reason)

    def _upload(self, folder: str, uri: str) -> bool:
        assert self._source is not None
        return bool(uri) and upload_folder(
            self._layout.ml,
            folder,
            uri,
            self._workload.output_compression,
            self._layout.work,
            self._source,
            self._agent.say,
        )

    def complete(self, result: Result) -> Result:
        return replace(
            result,
            model_uploaded=self._model_uploaded,
            checkpoints_uploaded=self._checkpoints is not None and self._checkpoints.uploaded_any,
        )

    def close(self) -> None:
        self._fast_files.close()
        if self._tensors is None:
            return
        if self._delivered:
            self._tensors.give_readers_time()
        else:
            self._tensors.finish()
