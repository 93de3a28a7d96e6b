"""A host that runs code of the user, from its start to its end.

What differs between workloads is a ``UserJob``.

Starting ── Downloading ── <the job's own> ── Uploading ── Done
                 │             └ SIGTERM, or the time is up: SIGTERM, grace, SIGKILL, then Uploading
                 └ SIGTERM, or data that can't be staged: Done
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from clary.domain.hosts import Outcome, Phase

from .agent import Agent
from .errors import ClientError, Gone, StopRequested, out_of_space
from .inputs.environment import fetch_environment
from .inputs.installed import report_packages
from .notes import note_exception
from .result.result import Result
from .stop import watch_home
from .telemetry.metric_collection import MetricCollection
from .telemetry.utilization import GIVE_UP_S, Utilization
from .user_process.setup import UserProcessSetup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clary.domain.hosts import EnvironmentSpec, HostSpec

    from .client.objects import ObjectSource
    from .layout import Layout
    from .sandbox.view import Mount
    from .stop import StopSwitch
    from .user_process.process import Ended


@dataclass(frozen=True, slots=True)
class Program:
    """The command of the user's process.

    folder: its working directory when there is no sandbox. mounts: in addition to the usual ones.
    own_place: where a server has to listen, and the port that servers in containers know: (address, port,
    port). None: the program is no server. on_kill: called when its processes were killed, because they may
    wait for a file system of this agent.
    """

    command: Sequence[str]
    variables: Mapping[str, str]
    folder: str
    mounts: Sequence[Mount] = ()
    own_place: tuple[str, int, int] | None = None
    on_kill: Callable[[], None] = lambda: None


class UserJob(Protocol):
    """What one workload does on a host. Each method is called once, in this order, in the main thread.

    ``stage`` and ``program`` may raise ClientError, StopRequested and OSError, which end the host before its
    process starts. ``close`` is called at every end, unless the server accepts nothing more from this host.
    """

    phase: str | None
    """The phase of the host while the user's process runs: one of ``Phase``.

    None: the job itself reports it, when the process is ready.
    """
    metric_definitions: Sequence[tuple[str, str]]
    """(name, regular expression) of each metric that is read from the output of the process."""

    def stage(self, source: ObjectSource) -> EnvironmentSpec:
        """Stages data and code; returns the environment to run the code in. A stop interrupts it."""
        ...

    def program(self, environment: EnvironmentSpec) -> Program:
        """Returns what to run. environment: what ``stage`` returned."""
        ...

    def started(self, pid: int) -> None:
        """Called when the user's process has started. All processes of the user descend from ``pid``."""
        ...

    def result(self, ended: Ended, command: Sequence[str]) -> Result:
        """Returns the result of the host from the end of its process."""
        ...

    def deliver(self) -> None:
        """Uploads the results of the process, however it ended. Raises ClientError and OSError."""
        ...

    def complete(self, result: Result) -> Result:
        """Adds to the result what was uploaded. Called after ``deliver``, also when that raised."""
        ...

    def close(self) -> None:
        """Ends what still runs, such as threads that upload."""
        ...


def run_user_job(
    spec: HostSpec,
    layout: Layout,
    switch: StopSwitch,
    make: Callable[[Agent, UserProcessSetup], UserJob],
) -> Result:
    """Runs a host from its start to its end. Returns when the server has its last report.

    make: creates the job of the workload.
    """
    agent = Agent(spec, layout, switch)
    watch_home(layout.host, lambda: agent.on_gone(Gone("The folder of this host is no more.")))
    agent.enter(Phase.STARTING)
    result = _ended(agent, make)
    if agent.gone is None:
        agent.finish(result)
    return result


def _ended(agent: Agent, make: Callable[[Agent, UserProcessSetup], UserJob]) -> Result:
    """Runs the job and returns its result, also for every exception."""
    try:
        return _run(agent, make)
    except StopRequested:
        return Result(Outcome.STOPPED)
    except ClientError as error:
        return Result(Outcome.CLIENT_ERROR, f"ClientError: {error}")
    except OSError as error:
        if out_of_space(error):
            return Result(Outcome.CLIENT_ERROR, f"ClientError: {_disk_is_full(agent)}")
        return _internal(agent, error)
    except Exception as error:
        return _internal(agent, error)


def _run(agent: Agent, make: Callable[[Agent, UserProcessSetup], UserJob]) -> Result:
    if agent.spec.environment.fetch:
        with agent.switch.interrupts():
            agent.doing = "fetching the environment"
            fetch_environment(agent)
    setup = UserProcessSetup(agent.spec, agent.layout, agent.host, agent.service, agent.say)
    job = make(agent, setup)
    try:
        with agent.switch.interrupts():
            agent.doing = "preparing the host"
            source = setup.prepare()
            agent.enter(Phase.DOWNLOADING)
            environment = job.stage(source)
            if environment != agent.spec.environment:
                report_packages(agent, environment)
        setup.keep_fresh()
        if job.phase is not None:
            agent.enter(job.phase)
        program = job.program(environment)
        agent.doing = (job.phase or Phase.RUNNING).lower()
        metrics = MetricCollection(agent, job.metric_definitions)
        ended = _process(agent, setup, job, program, environment, metrics)
        result = job.result(ended, program.command)
        agent.enter(Phase.UPLOADING)
        return _delivered(agent, job, metrics, result) if agent.gone is None else result
    finally:
        if agent.gone is None:
            job.close()


def _process(
    agent: Agent,
    setup: UserProcessSetup,
    job: UserJob,
    program: Program,
    environment: EnvironmentSpec,
    metrics: MetricCollection,
) -> Ended:
    if agent.switch.requested:
        raise StopRequested
    process = setup.start(
        program.command,
        program.variables,
        program.folder,
        environment=environment,
        mounts=program.mounts,
        own_place=program.own_place,
        on_lines=agent.logs.write,
        on_text=metrics.on_text,
    )
    utilization = Utilization(agent.spec, agent.host, lambda: agent.service(patience_s=GIVE_UP_S))
    try:
        job.started(process.pid)
        utilization.start(process.pid, lambda: process.disk_percent)
        return process.wait(
            agent.switch,
            deadline=time.monotonic() + agent.spec.max_runtime_s,
            grace_s=agent.spec.stop_grace_s,
            kill_now=lambda: agent.gone is not None,
            on_kill=program.on_kill,
        )
    except BaseException:
        process.kill()
        raise
    finally:
        utilization.stop()


def _delivered(agent: Agent, job: UserJob, metrics: MetricCollection, result: Result) -> Result:
    agent.doing = "uploading"
    try:
        job.deliver()
    except (ClientError, OSError) as error:
        result = _undelivered(result, error, agent)
    metrics.close()
    return job.complete(result)


def _undelivered(result: Result, error: ClientError | OSError, agent: Agent) -> Result:
    """Returns the result of a job whose results could not be uploaded. A job that failed keeps its reason.

    Raises ``error`` when it is an internal error.
    """
    if isinstance(error, OSError) and not out_of_space(error):
        raise error
    reason = _disk_is_full(agent) if isinstance(error, OSError) else str(error)
    agent.say(f"Clary: {reason}")
    if result.outcome == Outcome.FAILED:
        return result
    return replace(result, outcome=Outcome.CLIENT_ERROR, reason=f"ClientError: {reason}")


def _disk_is_full(agent: Agent) -> str:
    return f"No space left on device while {agent.doing}. Free disk space and run the job again."


def _internal(agent: Agent, error: Exception) -> Result:
    note_exception(error)
    return Result(
        Outcome.INTERNAL_ERROR,
        f"InternalServerError: the host failed while {agent.doing}: {type(error).__name__}: {error}",
    )
