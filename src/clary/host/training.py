"""The middle of a host's life: data in, the user's process, results out."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clary.domain.hosts import ChannelSpec, Outcome, Phase

from .beneath import open_beneath, read_beneath
from .command import Places, command_of, environment_of, hyperparameter
from .credentials import RoleCredentials, aws_config
from .errors import ClientError, StopRequested, out_of_space
from .layout import INJECTED
from .metrics import LOOK_EVERY_S, LineMetrics, MetricShipper, TrackerFiles
from .objects import ObjectSource
from .process import Ended, UserProcess
from .sandbox.probe import chosen, dies_with_parent, wrapper
from .sandbox.view import Mount, SandboxKind, view_of
from .service import DATA_PATIENCE_S, Service
from .spool import Spool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .agent import Agent
    from .checkpoints import CheckpointSync

FAILURE_FILE = "output/failure"
METRICS_FOLDER = "output/metrics/sagemaker"
CODE_CHANNEL_PREFIX = "/opt/ml/input/data/"


@dataclass(frozen=True, slots=True)
class Result:
    """How a host ended: what its last report says beside the phases."""

    outcome: str
    reason: str = ""
    exit_code: int | None = None
    model_uploaded: bool = False


class Training:
    """One run of the user's code on one host. ``run`` is called once, in the main thread."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._spec = agent.spec
        self._layout = agent.layout
        self._sandbox = SandboxKind.NONE
        self._environment = agent.spec.environment
        self._mounts: list[Mount] = []
        self._pipe_trouble: ClientError | None = None
        self._line_metrics: LineMetrics | None = None
        self._metrics: MetricShipper | None = None
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
            checkpoints = self._download(source)
        role.keep_fresh()
        agent.enter(Phase.TRAINING)
        ended = self._train(checkpoints)
        agent.enter(Phase.UPLOADING)
        return self._upload(ended, checkpoints, source)

    def _choose_sandbox(self) -> None:
        found = chosen()
        self._sandbox = found.kind
        if found.kind is SandboxKind.NONE:
            self._agent.say(
                f"Clary: this host is not private, /opt/ml is not available ({found.reason}). "
                "Use the SM_* variables for paths; `clary doctor` says what is missing."
            )

    @property
    def _places(self) -> Places:
        if self._sandbox is not SandboxKind.NONE:
            return Places()
        layout = self._layout
        return Places(
            ml=str(layout.ml),
            launcher=str(INJECTED / "launcher.py"),
            site=str(INJECTED / "site"),
            aws=str(layout.clary / "aws"),
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

    # Downloading

    def _download(self, source: ObjectSource) -> CheckpointSync | None:
        for channel in self._spec.channels:
            self._agent.doing = f"downloading channel {channel.name}"
            if channel.mode == "Pipe":
                self._open_pipe(channel, source)
            else:
                self._stage(channel, source)
        checkpoints = None
        if self._spec.checkpoint is not None:
            from .checkpoints import CheckpointSync

            self._agent.doing = "downloading checkpoints"
            root, folder = self._checkpoint_folder()
            checkpoints = CheckpointSync(
                self._spec.checkpoint.uri, root, folder, source.fork(), self._agent.say
            )
            checkpoints.download()
        self._agent.doing = "unpacking the source"
        self._provide_code(source)
        return checkpoints

    def _stage(self, channel: ChannelSpec, source: ObjectSource) -> None:
        from .channels import stage_files

        staged = stage_files(channel, self._layout, source, links=self._sandbox is not SandboxKind.NONE)
        if staged.read_only is not None:
            self._mounts.append(Mount(str(staged.read_only), f"/opt/ml/input/data/{channel.name}"))

    def _open_pipe(self, channel: ChannelSpec, source: ObjectSource) -> None:
        from .channels import channel_objects
        from .pipe import PipeFeeder

        PipeFeeder(
            channel.name,
            self._layout.ml / "input/data",
            tuple(channel_objects(channel, source)),
            source.fork(),
            unzip=channel.compression == "Gzip",
            record_io=channel.record_wrapper == "RecordIO",
            on_trouble=self._on_pipe_trouble,
        ).start()

    def _on_pipe_trouble(self, error: ClientError) -> None:
        self._pipe_trouble = error
        self._agent.switch.request()

    def _checkpoint_folder(self) -> tuple[Path, str]:
        """(root, folder below it). Inside a sandbox the folder is mounted wherever LocalPath says."""
        assert self._spec.checkpoint is not None
        local = os.path.normpath(self._spec.checkpoint.local_path)
        if not local.startswith("/") or local == "/":
            raise ClientError(f"CheckpointConfig.LocalPath {local!r} should be an absolute path of a folder.")
        if self._sandbox is not SandboxKind.NONE:
            self._mounts.append(Mount(str(self._layout.checkpoints), local, writable=True))
            return self._layout.host, self._layout.checkpoints.name
        if not local.startswith("/opt/ml/"):
            raise ClientError(
                f"CheckpointConfig.LocalPath {local!r} should lie under /opt/ml on this machine."
            )
        folder = local[len("/opt/ml/") :]
        (self._layout.ml / folder).mkdir(parents=True, exist_ok=True)
        return self._layout.ml, folder

    def _provide_code(self, source: ObjectSource) -> None:
        if self._spec.entrypoint or hyperparameter(self._spec, "sagemaker_program") is None:
            return
        from .source import add_requirements, fetch_source, unpack

        code = self._layout.ml / "code"
        submitted = str(hyperparameter(self._spec, "sagemaker_submit_directory") or "")
        folder = code
        if submitted.startswith("s3://"):
            fetch_source(submitted, code, self._layout.work, source)
        elif submitted.removeprefix("file://").startswith(CODE_CHANNEL_PREFIX):
            staged = self._outside(submitted.removeprefix("file://"))
            if staged.is_file():
                unpack(staged, code, submitted)
            else:
                folder = staged
        self._agent.doing = "installing requirements.txt"
        self._environment = add_requirements(self._environment, folder, self._agent.logs.write)

    def _outside(self, path: str) -> Path:
        """Where a path of a channel inside lies outside."""
        relative = os.path.normpath(path)[len(CODE_CHANNEL_PREFIX) :]
        for folder in (self._layout.channels, self._layout.ml / "input/data"):
            if (folder / relative).exists():
                return folder / relative
        return self._layout.ml / "input/data" / relative

    # Training

    def _train(self, checkpoints: CheckpointSync | None) -> Ended:
        agent = self._agent
        agent.doing = "training"
        command = command_of(self._spec, self._environment, self._places)
        variables = environment_of(self._spec, self._environment, self._places)
        self._metrics = MetricShipper(
            agent.service(), agent.host, Spool(self._layout.work / "metrics.spool"), agent.on_gone, note
        )
        if agent.switch.requested:
            raise StopRequested
        process = self._start([*self._prefix(), *command], variables)
        if checkpoints is not None:
            checkpoints.start()
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
        private = self._sandbox is not SandboxKind.NONE
        folder = "/" if private else str(self._layout.ml / "code")
        try:
            return UserProcess(argv, variables, folder, private=private, on_lines=self._on_lines)
        except (FileNotFoundError, PermissionError) as error:
            raise ClientError(f"The entry point can't be started: {error}") from error

    def _prefix(self) -> list[str]:
        """What goes before the user's command, to run it where it belongs."""
        if self._sandbox is SandboxKind.NONE:
            return dies_with_parent()
        layout, environment = self._layout, self._environment
        own = [
            Mount(str(layout.tmp), "/tmp", writable=True),
            *(Mount(path, path) for path in (*environment.readable, environment.prefix)),
            Mount(str(layout.etc / "hosts"), "/etc/hosts"),
            Mount(str(layout.ml), "/opt/ml", writable=True),
            Mount(str(layout.clary / "aws"), "/opt/clary/aws"),
            Mount(str(INJECTED / "launcher.py"), "/opt/clary/launcher.py"),
            Mount(str(INJECTED / "site"), "/opt/clary/site"),
            Mount(str(layout.run), "/run/clary", writable=True),
            *self._mounts,
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

    def _upload(self, ended: Ended, checkpoints: CheckpointSync | None, source: ObjectSource) -> Result:
        from .outputs import upload_folder

        agent, spec = self._agent, self._spec
        result = self._judge(ended)
        if agent.gone is not None:
            return result
        agent.doing = "uploading"
        model_uploaded = False
        try:
            if checkpoints is not None:
                checkpoints.finish()
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

    def _judge(self, ended: Ended) -> Result:
        if self._pipe_trouble is not None:
            return Result(Outcome.CLIENT_ERROR, f"ClientError: {self._pipe_trouble}", ended.exit_code)
        if ended.stopped:
            return Result(Outcome.STOPPED, exit_code=ended.exit_code)
        if ended.out_of_time:
            return Result(Outcome.MAX_RUNTIME, exit_code=ended.exit_code)
        if ended.exit_code == 0:
            return Result(Outcome.SUCCEEDED, exit_code=0)
        return Result(Outcome.FAILED, self._failure(ended), ended.exit_code)

    def _failure(self, ended: Ended) -> str:
        from .failure import algorithm_error, script_failure

        said = read_beneath(self._layout.ml, FAILURE_FILE, 4096)
        if said is not None and said.strip():
            return algorithm_error(said.decode("utf-8", "replace").strip())
        text = script_failure(ended.exit_code, ended.last_lines, self._command_text())
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with open(open_beneath(self._layout.ml, FAILURE_FILE, flags), "w", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            pass  # user code put something else in its place
        return algorithm_error(text)

    def _command_text(self) -> str:
        recorded = read_beneath(self._layout.run, "command.json", 65_536)
        try:
            words = json.loads(recorded) if recorded else None
        except ValueError:
            words = None
        if not isinstance(words, list):
            words = command_of(self._spec, self._environment, self._places)
        return " ".join(str(word) for word in words)
