"""The middle of a host's life: data in, the user's process, results out."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from clary.domain.hosts import Outcome, Phase

from .command import Places, command_of, environment_of
from .credentials import RoleCredentials, aws_config
from .errors import ClientError, StopRequested, out_of_space
from .inputs import Inputs, download
from .layout import DEBUGGER, INJECTED
from .metrics import LOOK_EVERY_S, LineMetrics, MetricShipper, TrackerFiles
from .notes import note
from .objects import ObjectSource
from .process import Ended, UserProcess
from .sandbox.detection import chosen, dies_with_parent, wrapper
from .sandbox.view import Mount, SandboxKind, view_of
from .service import DATA_PATIENCE_S, Service
from .spool import Spool
from .verdict import Result, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .agent import Agent
    from .checkpoints import CheckpointSync
    from .tensor_sync import TensorSync

METRICS_FOLDER = "output/metrics/sagemaker"


class Training:
    """One run of the user's code on one host. ``run`` is called once, in the main thread."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._spec = agent.spec
        self._layout = agent.layout
        self._sandbox = SandboxKind.NONE
        self._pipe_trouble: ClientError | None = None
        self._line_metrics: LineMetrics | None = None
        self._metrics: MetricShipper | None = None
        self._tensors: TensorSync | None = None
        self._summaries: CheckpointSync | None = None
        self._tracker = TrackerFiles(self._layout.ml, METRICS_FOLDER)

    def run(self) -> Result:
        """Raises ClientError, StopRequested, or OSError for what ends a host before its process ran."""
        agent = self._agent
        with agent.switch.interrupts():
            agent.doing = "preparing the host"
            self._choose_sandbox()
            role = RoleCredentials(
                agent.service(), agent.host, self._spec.role_arn, self._layout.clary / "aws"
            )
            role.current()
            source = ObjectSource(
                agent.service, lambda: self._role_service(role), agent.host, self._spec.role_arn
            )
            self._write_aws_files()
            self._read_metric_definitions()
            agent.enter(Phase.DOWNLOADING)
            inputs = download(agent, source, private=self._private, on_trouble=self._on_pipe_trouble)
            self._tensors = self._tensor_sync(source)
            self._summaries = self._summary_sync(source)
        role.keep_fresh()
        agent.enter(Phase.TRAINING)
        command = command_of(self._spec, inputs.environment, self._places)
        ended = self._train(command, inputs)
        agent.enter(Phase.UPLOADING)
        return self._deliver(self._judge(ended, command), inputs.checkpoints, source)

    def _choose_sandbox(self) -> None:
        found = chosen()
        self._sandbox = found.kind
        if found.kind is SandboxKind.NONE:
            self._agent.say(
                f"Clary: this host is not private, /opt/ml is not available ({found.reason}). "
                "Use the SM_* variables for paths; `clary doctor` says what is missing."
            )

    @property
    def _private(self) -> bool:
        return self._sandbox is not SandboxKind.NONE

    @property
    def _places(self) -> Places:
        if self._private:
            return Places()
        layout = self._layout
        return Places(
            ml=str(layout.ml),
            launcher=str(INJECTED / "launcher.py"),
            site=str(INJECTED / "site"),
            aws=str(layout.clary / "aws"),
            debugger_library=str(layout.clary / "lib"),
            run=str(layout.run),
            tmp=str(layout.tmp),
            home=str(layout.root / "root"),
        )

    def _role_service(self, role: RoleCredentials) -> Service:
        endpoint = self._spec.endpoint
        return Service(endpoint.url, endpoint.region, role.current, patience_s=DATA_PATIENCE_S)

    def _write_aws_files(self) -> None:
        config = aws_config(self._spec.endpoint.region, f"{self._places.aws}/credentials.json")
        (self._layout.clary / "aws/config").write_text(config, encoding="utf-8")

    def _read_metric_definitions(self) -> None:
        if not self._spec.metric_definitions:
            return
        import re

        try:
            self._line_metrics = LineMetrics(self._spec.metric_definitions)
        except re.error as error:
            raise ClientError(
                f"A MetricDefinitions Regex can't be used: {error}: {error.pattern!r}"
            ) from error

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
            host=spec.host_name,
            peers=[name for name in spec.hosts if name != spec.host_name],
            first=spec.host_name == min(spec.hosts, key=lambda name: (len(name), name)),
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

    # Training

    def _train(self, command: list[str], inputs: Inputs) -> Ended:
        agent = self._agent
        agent.doing = "training"
        variables = environment_of(self._spec, inputs.environment, self._places)
        self._metrics = MetricShipper(
            agent.service(), agent.host, Spool(self._layout.work / "metrics.spool"), agent.on_gone, note
        )
        if agent.switch.requested:
            raise StopRequested
        process = self._start([*self._prefix(inputs), *command], variables)
        if inputs.checkpoints is not None:
            inputs.checkpoints.start()
        for sync in (self._tensors, self._summaries):
            if sync is not None:
                sync.start()
        try:
            ended = process.wait(
                agent.switch,
                deadline=time.monotonic() + self._spec.max_runtime_s,
                grace_s=self._spec.stop_grace_s,
                kill_now=lambda: agent.gone is not None,
                every_s=LOOK_EVERY_S,
                meanwhile=self._follow_tracker,
            )
        except BaseException:
            process.kill()
            raise
        self._follow_tracker()
        return ended

    def _start(self, argv: list[str], variables: dict[str, str]) -> UserProcess:
        folder = "/" if self._private else str(self._layout.ml / "code")
        try:
            return UserProcess(argv, variables, folder, private=self._private, on_lines=self._on_lines)
        except (FileNotFoundError, PermissionError) as error:
            raise ClientError(f"The entry point can't be started: {error}") from error

    def _prefix(self, inputs: Inputs) -> list[str]:
        """What goes before the user's command, to run it where it belongs."""
        if self._sandbox is SandboxKind.NONE:
            return dies_with_parent()
        layout, environment = self._layout, inputs.environment
        own = [
            Mount(str(layout.tmp), "/tmp", writable=True),
            *(Mount(path, path) for path in (*environment.readable, environment.prefix)),
            Mount(str(layout.etc / "hosts"), "/etc/hosts"),
            Mount(str(layout.ml), "/opt/ml", writable=True),
            Mount(str(layout.clary / "aws"), "/opt/clary/aws"),
            Mount(str(INJECTED / "launcher.py"), "/opt/clary/launcher.py"),
            Mount(str(INJECTED / "site"), "/opt/clary/site"),
            Mount(str(DEBUGGER), "/opt/clary/lib/clary/debugger"),
            Mount(str(layout.run), "/run/clary", writable=True),
            *inputs.mounts,
        ]
        if os.path.isfile("/etc/hostname"):
            own.append(Mount(str(layout.etc / "hostname"), "/etc/hostname"))
        view = view_of(self._spec.host_name, str(layout.root), own, gpus=self._spec.gpus > 0)
        return wrapper(self._sandbox)(view)

    def _on_lines(self, lines: Sequence[bytes]) -> None:
        self._agent.logs.write(lines)
        if self._line_metrics is not None and self._metrics is not None:
            now = time.time()
            points = [
                point
                for line in lines
                for point in self._line_metrics.points(line.decode("utf-8", "replace"), now)
            ]
            if points:
                self._metrics.put(points)

    def _follow_tracker(self) -> None:
        points = self._tracker.new_points()
        if points and self._metrics is not None:
            self._metrics.put(points)

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
            self._tensors.finish(succeeded=result.outcome == Outcome.SUCCEEDED)
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
            result = self._upload_failed(result, error)
        assert self._metrics is not None
        self._metrics.close()
        return Result(result.outcome, result.reason, result.exit_code, model_uploaded)

    def _upload_failed(self, result: Result, error: ClientError | OSError) -> Result:
        """A job that can't deliver its work has failed; one that failed already keeps its reason."""
        if isinstance(error, OSError) and not out_of_space(error):
            raise error
        reason = (
            f"No space left on device while {self._agent.doing}. Free disk space and run the job again."
            if isinstance(error, OSError)
            else str(error)
        )
        self._agent.say(f"Clary: {reason}")
        if result.outcome == Outcome.FAILED:
            return result
        return Result(Outcome.CLIENT_ERROR, f"ClientError: {reason}", result.exit_code)
