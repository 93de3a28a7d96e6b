"""One host from its start to its end.

    Starting ── Downloading ── Training ── Uploading ── Done
                     │             └ SIGTERM, or the time is up: SIGTERM, grace, SIGKILL, then Uploading
                     └ SIGTERM, or data that can't be had: Done

Started beside an instance with the path of its folder, where ``spec.json`` says everything there is to
know. It outlives the server: what it has to say waits until somebody listens. It dies with nobody: the
user's process, and all that it started, die with it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clary.domain.hosts import PROCESSING_JOB, HostName, HostReport, HostSpec, Outcome, Phase
from clary.domain.identity import Credentials

from .clock import EvenClock
from .errors import ClientError, Gone, StopRequested, out_of_space
from .home import watch_home
from .layout import Layout, clear, lay_out
from .logs import LogShipper
from .notes import note, note_exception
from .reports import Reporter
from .service import Service
from .spool import Spool
from .stop import StopSwitch
from .verdict import Result

if TYPE_CHECKING:
    from .processing import Processing
    from .training import Training


class Agent:
    """What the parts of a host's life share: its spec, its folder, and the ways to tell the server."""

    def __init__(self, spec: HostSpec, layout: Layout, switch: StopSwitch) -> None:
        """Call in the main thread, after ``lay_out``."""
        self.spec = spec
        self.layout = layout
        self.switch = switch
        self.host = str(HostName.of(spec.job_arn, spec.job_name, spec.host_name))
        self.gone: Gone | None = None
        self.doing = "starting"
        """What to say when the disk is full."""
        self._clock = EvenClock()
        self._phases: list[tuple[str, float]] = []
        self._reporter = Reporter(self.service(), self.host, self.on_gone)
        self.logs = LogShipper(
            self.service(),
            spec.log_group,
            spec.log_stream,
            Spool(layout.work / "log.spool"),
            self.on_gone,
            note,
            position=spec.log_position,
        )

    def service(self, *, patience_s: float = float("inf")) -> Service:
        """A new connection, signing as this agent. patience_s: as Service has it."""
        own = self.spec.agent_credentials
        credentials = Credentials(own.access_key_id, own.secret_access_key, own.session_token)
        endpoint = self.spec.endpoint
        return Service(endpoint.url, endpoint.region, lambda: credentials, patience_s=patience_s)

    def enter(self, phase: str) -> None:
        self._phases.append((phase, self._clock.now()))
        if phase != Phase.DONE:
            self._reporter.send(HostReport(tuple(self._phases)))

    def say(self, text: str) -> None:
        """A line of the platform's own in the job's log."""
        self.logs.write([line.encode() for line in text.splitlines()])

    def finish(self, result: Result) -> None:
        """Returns when the server has every line and the last report; at once when it wants no more."""
        self.enter(Phase.DONE)
        self.logs.close()
        report = HostReport(
            tuple(self._phases),
            result.outcome,
            result.reason,
            result.exit_code,
            result.model_uploaded,
            result.message,
            result.checkpoints_uploaded,
        )
        self._reporter.send(report)
        self._reporter.close()

    def on_gone(self, gone: Gone) -> None:
        """The server wants no more of this host; from any thread."""
        self.gone = gone
        note(str(gone))
        self.switch.request()


def main(folder: Path | None = None) -> None:
    """Runs the host of a folder, by default the last argument; exits 0 however the host ended."""
    folder = folder or Path(sys.argv[-1])
    os.umask(0o022)
    switch = StopSwitch()
    layout = Layout(folder)
    spec = HostSpec.from_json((folder / "spec.json").read_text(encoding="utf-8"))
    result = _evaluate(spec, layout, switch) if spec.evaluation is not None else run(spec, layout, switch)
    _write_exit(folder, result)
    # Daemon threads may be in the middle of a wait that nobody is interested in any more.
    os._exit(0)


def run(spec: HostSpec, layout: Layout, switch: StopSwitch) -> Result:
    """The whole life of a host; the server has heard how it ended when this returns."""
    lay_out(spec, layout)
    agent = Agent(spec, layout, switch)
    watch_home(layout.host, lambda: agent.on_gone(Gone("The folder of this host is no more.")))
    agent.enter(Phase.STARTING)
    result = _ended(agent)
    if agent.gone is None:
        agent.finish(result)
    clear(layout)
    return result


def _ended(agent: Agent) -> Result:
    """Runs the job; every way it can end is a Result."""
    try:
        return _work_of(agent).run()
    except StopRequested:
        return Result(Outcome.STOPPED)
    except ClientError as error:
        return Result(Outcome.CLIENT_ERROR, f"ClientError: {error}")
    except OSError as error:
        if out_of_space(error):
            return Result(
                Outcome.CLIENT_ERROR,
                f"ClientError: No space left on device while {agent.doing}. "
                "Free disk space and run the job again.",
            )
        return _internal(agent, error)
    except Exception as error:
        return _internal(agent, error)


def _work_of(agent: Agent) -> Training | Processing:
    if agent.spec.job_kind == PROCESSING_JOB:
        from .processing import Processing

        return Processing(agent)
    from .training import Training

    return Training(agent)


def _evaluate(spec: HostSpec, layout: Layout, switch: StopSwitch) -> Result:
    from .evaluation import evaluate

    watch_home(layout.host, switch.request)
    return evaluate(spec, layout, switch)


def _internal(agent: Agent, error: Exception) -> Result:
    note_exception(error)
    return Result(
        Outcome.INTERNAL_ERROR,
        f"InternalServerError: the host failed while {agent.doing}: {type(error).__name__}: {error}",
    )


def _write_exit(folder: Path, result: Result) -> None:
    if not folder.is_dir():
        return
    draft = folder / "exit.json.new"
    draft.write_text(json.dumps({"ExitCode": 0, "Outcome": result.outcome}), encoding="utf-8")
    os.replace(draft, folder / "exit.json")
