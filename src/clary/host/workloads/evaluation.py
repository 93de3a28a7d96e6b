"""Evaluates the rules of a job.

    agent ── evaluator ──> findings.jsonl ── followed ──> the server: statuses, log lines, actions
                      └──> rules/<rule>/  ── synced ────> rule-output/<rule>/ in S3

The evaluator runs beside the hosts of a job, and continues when the server ends, as they do. Built-in rules
run in the Python of the agent without a sandbox. A custom rule runs in a sandbox, in an environment with
smdebug; or in a container, in an image of the user that brings both.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from clary.domain.hosts import EvaluationSpec, HostName, Outcome
from clary.domain.rules import ERROR, MOST_ATTEMPTS, STOPPED

from ..agent import agent_service
from ..client.service import ServiceError
from ..errors import ClientError, Gone, StopRequested
from ..layout import INJECTED
from ..notes import note, note_exception
from ..outputs.checkpoints import CheckpointSync
from ..result.result import Result
from ..rules.rule_events import FINDINGS, RuleEvents
from ..rules.rule_source import FOLDER, fetch_rule_source
from ..sandbox.view import Mount
from ..stop import watch_home
from ..user_process.setup import UserProcessSetup
from ..user_process.variables import variables_of
from .workload import Workload

if TYPE_CHECKING:
    from clary.domain.hosts import HostSpec

    from ..client.service import Service
    from ..layout import Layout
    from ..rules.rule_events import Event
    from ..stop import StopSwitch
    from ..user_process.process import Ended

LOOK_EVERY_S = 0.2
STOP_GRACE_S = 60.0
CUSTOM_END_GRACE_S = 60.0
"""How long a custom rule may run after its job: smdebug waits for a mark that a killed job did not write."""
SCRIPT = "/opt/clary/custom_rule.py"
PYTHON_OF_IMAGES = "python3"
CONFIGURATIONS, OUTPUT, ENDED, STOPS = "rules.json", "rules", "ended", "stops"


FOLDERS = ("code", "output/data", "output/metrics/sagemaker", "output/tensors")
CONFIG_FOLDER = "input/config"


def run(spec: HostSpec, layout: Layout, switch: StopSwitch) -> Result:
    watch_home(layout.host, switch.request)
    try:
        return _Evaluator(spec, layout, switch).run()
    except Gone as gone:
        note(str(gone))
        return Result(Outcome.STOPPED)


WORKLOAD = Workload(EvaluationSpec, FOLDERS, CONFIG_FOLDER, run)


class _Evaluator:
    def __init__(self, spec: HostSpec, layout: Layout, switch: StopSwitch) -> None:
        assert isinstance(spec.workload, EvaluationSpec)
        self._spec = spec
        self._evaluation = spec.workload
        self._layout = layout
        self._switch = switch
        host = str(HostName.of(spec.job_arn, spec.job_name, spec.host_name))
        self._events = RuleEvents(
            agent_service(spec),
            host,
            self._evaluation.output_uris,
            root=layout.ml,
            output=layout.work / OUTPUT,
            attempt=self._evaluation.attempt,
        )
        # Only code of users runs in a sandbox.
        self._setup = UserProcessSetup(
            spec,
            layout,
            host,
            lambda: agent_service(spec),
            self._events.say,
            sandboxed=self._evaluation.custom,
        )
        self._syncs: dict[str, CheckpointSync] = {}
        self._ended_at: float | None = None

    def run(self) -> Result:
        try:
            with self._switch.interrupts():
                command = self._prepare()
        except StopRequested:
            self._end_all(STOPPED, "The job had ended before its rules could be evaluated")
            return Result(Outcome.STOPPED)
        except ClientError as error:
            return self._refused(error)
        self._setup.keep_fresh()
        try:
            ended = self._run(command)
        except ClientError as error:  # nothing has been started
            return self._refused(error)
        self._finish(ended)
        return Result(Outcome.SUCCEEDED, exit_code=ended.exit_code)

    def _refused(self, error: ClientError) -> Result:
        self._end_all(ERROR, f"ClientError: {error}")
        return Result(Outcome.CLIENT_ERROR, str(error))

    def _prepare(self) -> list[str]:
        """Returns the command to run. Raises ClientError."""
        self._source = self._setup.prepare()
        (self._layout.ml / CONFIGURATIONS).write_text(json.dumps(self._evaluation.configurations))
        for folder in (OUTPUT, STOPS):
            (self._layout.work / folder).mkdir()
        if self._evaluation.custom:
            fetch_rule_source(self._evaluation.configurations, self._layout.ml, self._source)
        return self._command()

    def _command(self) -> list[str]:
        ml, work, evaluation = self._setup.paths.ml, self._layout.work, self._evaluation
        if evaluation.custom:
            script = SCRIPT if self._setup.private else str(INJECTED / "custom_rule.py")
            command = [self._python(), script, "--source", f"{ml}/{FOLDER}"]
        else:
            command = [sys.executable, "-m", "clary.debugger.rules"]
            command += ["--output", f"{work}/{OUTPUT}", "--ended", f"{work}/{ENDED}"]
            command += ["--stops", f"{work}/{STOPS}", "--job", self._spec.job_name]
            # Objects have milliseconds.
            command += ["--since", f"{evaluation.since - 0.001:.3f}"]
        command += ["--config", f"{ml}/{CONFIGURATIONS}", "--findings", f"{ml}/{FINDINGS}"]
        if evaluation.trial_uri:
            command += ["--trial", evaluation.trial_uri]
        if evaluation.profile_uri and not evaluation.custom:
            command += ["--profile", evaluation.profile_uri]
        return command

    def _python(self) -> str:
        environment = self._spec.environment
        return PYTHON_OF_IMAGES if environment.container is not None else f"{environment.prefix}/bin/python"

    def _run(self, command: list[str]) -> Ended:
        environment = self._spec.environment
        process = self._setup.start(
            command,
            variables_of(self._spec, environment, self._setup.paths, noun="TRAINING"),
            "/",
            environment=environment,
            mounts=[Mount(str(INJECTED / "custom_rule.py"), SCRIPT)],
            on_lines=self._events.said,
        )
        try:
            return process.wait(
                self._switch,
                deadline=float("inf"),
                grace_s=STOP_GRACE_S,
                kill_now=lambda: self._events.gone,
                every_s=LOOK_EVERY_S,
                meanwhile=self._look,
            )
        except BaseException:
            process.kill()
            raise

    def _look(self) -> None:
        try:
            self._events.follow(self._act)
        except Gone as gone:
            note(str(gone))
            self._switch.request()
            return
        for name in self._events.unwanted:
            if self._evaluation.custom:
                self._switch.request()
            else:
                (self._layout.work / STOPS / name).touch()
        if self._events.job_status == "Stopped":
            self._switch.request()
        elif self._events.job_status in ("Completed", "Failed"):
            self._job_has_ended()
        for name, uri in self._evaluation.output_uris.items():
            if name not in self._syncs and (self._layout.work / OUTPUT / name).is_dir():
                self._syncs[name] = CheckpointSync(
                    uri, self._layout.work, f"{OUTPUT}/{name}", self._source.fork(), note
                )
                self._syncs[name].start()

    def _job_has_ended(self) -> None:
        if self._ended_at is None:
            self._ended_at = time.monotonic()
            (self._layout.work / ENDED).touch()
        elif self._evaluation.custom and time.monotonic() - self._ended_at > CUSTOM_END_GRACE_S:
            self._switch.request()

    def _act(self, event: Event) -> None:
        """Stops the job at once, without the server's loop. The server carries out all other actions."""
        if event["Action"] != "stoptraining":
            return
        try:
            said = stop_training(self._setup.role_service(), self._spec.job_name, event["Target"])
        except ServiceError as error:
            said = f"The training could not be stopped: {error.message}"
        except ClientError as error:
            said = f"The training could not be stopped: {error}"
        self._events.add(
            {"Kind": "Log", "RuleConfigurationName": event["RuleConfigurationName"], "Text": said}
        )

    def _finish(self, ended: Ended) -> None:
        self._look()
        for name in self._events.unfinished:
            self._end_unfinished(name, ended)
        self._events.follow(self._act, everything=True)
        for name, sync in self._syncs.items():
            try:
                sync.finish()
            except (ClientError, OSError) as error:
                text = f"What the rule wrote could not be uploaded: {error}"
                self._events.add({"Kind": "Log", "RuleConfigurationName": name, "Text": text})
            except Exception as error:
                note_exception(error)
        self._events.follow(self._act, everything=True)

    def _end_unfinished(self, name: str, ended: Ended) -> None:
        if ended.broken:
            self._end(name, ERROR, f"ClientError: {ended.broken}")
        elif ended.stopped or self._ended_at is not None:
            self._end(name, STOPPED, "The evaluation was stopped")
        elif self._evaluation.custom or self._evaluation.attempt + 1 == MOST_ATTEMPTS:
            last = ended.last_lines[-1] if ended.last_lines else ""
            self._end(name, ERROR, f"InternalServerError: the evaluator ended with {ended.exit_code} {last}")
        else:
            text = f"The evaluator ended with {ended.exit_code} and is started again"
            self._events.add({"Kind": "Log", "RuleConfigurationName": name, "Text": text})

    def _end_all(self, status: str, details: str) -> None:
        for name in self._evaluation.output_uris:
            self._end(name, status, details)
        self._events.follow(self._act, everything=True)

    def _end(self, name: str, status: str, details: str) -> None:
        self._events.add(
            {
                "Kind": "Status",
                "RuleConfigurationName": name,
                "RuleEvaluationStatus": status,
                "StatusDetails": details,
                "LastModifiedTime": time.time(),
            }
        )


def stop_training(service: Service, job_name: str, prefix: str) -> str:
    """Stops the one running training job whose name begins with ``prefix``; returns a sentence about it.

    service: signs as the job's role. An empty prefix, or the job's whole name, means the job itself. Where
    several jobs could be meant, none is stopped, as AWS does it. Raises ServiceError.
    """
    target = job_name
    if prefix and prefix != job_name:
        answer = service.sagemaker(
            "ListTrainingJobs", {"NameContains": prefix, "StatusEquals": "InProgress", "MaxResults": 100}
        )
        names = [summary["TrainingJobName"] for summary in answer["TrainingJobSummaries"]]
        meant = [name for name in names if name.startswith(prefix)]
        if len(meant) != 1:
            return f"No training job was stopped: {len(meant)} running jobs begin with {prefix!r}, not one."
        target = meant[0]
    service.sagemaker("StopTrainingJob", {"TrainingJobName": target})
    return f"The training job {target} is being stopped, as the rule's StopTraining action asks."
