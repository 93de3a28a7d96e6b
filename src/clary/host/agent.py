"""What the parts of a job's host share: its spec, its folder, its reports and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.hosts import HostName, HostReport, Phase
from clary.domain.identity import Credentials

from .client.service import Service
from .clock import EvenClock
from .notes import note
from .telemetry.logs import LogShipper
from .telemetry.reports import Reporter
from .telemetry.spool import Spool

if TYPE_CHECKING:
    from clary.domain.hosts import HostSpec

    from .errors import Gone
    from .layout import Layout
    from .result.result import Result
    from .stop import StopSwitch


class Agent:
    """Reports the phases of a host and sends its log to the server."""

    def __init__(self, spec: HostSpec, layout: Layout, switch: StopSwitch) -> None:
        """Call in the main thread, after ``lay_out``."""
        self.spec = spec
        self.layout = layout
        self.switch = switch
        self.host = str(HostName.of(spec.job_arn, spec.job_name, spec.host_name))
        self.gone: Gone | None = None
        self.doing = "starting"
        """The current activity, for messages about a full disk or an internal error."""
        self.model_content = ""
        """Identifies the model that the host has written or loaded, for its reports."""
        self.address = ""
        """Where the server of this host listens, ``127.64.0.1:8080``, for its reports."""
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
        """Returns a new connection that signs as this agent. patience_s: as for Service."""
        return agent_service(self.spec, patience_s=patience_s)

    def enter(self, phase: str) -> None:
        """Reports that a phase of the host begins now."""
        self._phases.append((phase, self._clock.now()))
        if phase != Phase.DONE:
            self._reporter.send(
                HostReport(tuple(self._phases), model_content=self.model_content, address=self.address)
            )

    def say(self, text: str) -> None:
        """Writes a line of the platform into the job's log."""
        self.logs.write([line.encode() for line in text.splitlines()])

    def finish(self, result: Result) -> None:
        """Sends the last report.

        Returns when the server has it and every log line, or refuses them for good.
        """
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
            self.model_content,
            self.address,
        )
        self._reporter.send(report)
        self._reporter.close()

    def on_gone(self, gone: Gone) -> None:
        """Stops the job, because the server accepts nothing more from this host. Called from any thread."""
        self.gone = gone
        note(str(gone))
        self.switch.request()


def agent_service(spec: HostSpec, *, patience_s: float = float("inf")) -> Service:
    """Returns a new connection that signs with the credentials of a host's agent."""
    own = spec.agent_credentials
    credentials = Credentials(own.access_key_id, own.secret_access_key, own.session_token)
    return Service(
        spec.endpoint.url,
        spec.endpoint.region,
        lambda: credentials,
        patience_s=patience_s,
        certificate=spec.endpoint.certificate,
    )
