"""Has the rules of training jobs evaluated: launches evaluators beside a job, and acts on what they say.

    job gets its hosts ──> evaluators launched ──> ReportRules writes the rule-evaluation record
                                                      │ commit wakes
                           job's statuses written <───┤
                           notifications sent    <────┘
    evaluators end ──> record done

Evaluators outlive the server as hosts do. One that is lost is launched again and reads the trial from its
beginning; what was found before stays found.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from clary.compute.backend import ENDED, LOST
from clary.domain.errors import PlatformError
from clary.domain.hosts import HostName
from clary.domain.rules import (
    ERROR,
    FINAL,
    KIND,
    LOG_GROUP,
    MOST_ATTEMPTS,
    STOPPED,
    rules_of,
)
from clary.kinds.rule_evaluation.cluster import evaluator_spec
from clary.kinds.rule_evaluation.evaluation import wire_statuses
from clary.store.records import RecordMissing

from .caretaker import Caretaker, end_and_forget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clary.compute.backend import Backend
    from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec
    from clary.domain.rules import JobRule
    from clary.store.logs import LogStore
    from clary.store.records import Records

    from .context import Images, ReadyImage
    from .notifications import Notifier

Document = dict[str, Any]

JOB = "training-job"
TERMINAL = ("Completed", "Failed", "Stopped")


@dataclass(frozen=True, slots=True)
class RulesContext:
    """Everything a step touches. ``backend`` is for evaluators alone."""

    records: Records
    logs: LogStore
    backend: Backend
    images: Images
    agent_credentials: Callable[[HostName], AgentCredentials]
    endpoint: Endpoint
    notifier: Notifier
    now: Callable[[], float]


class RuleRunner:
    """Takes care of every rule-evaluation record until its evaluators have ended."""

    def __init__(self, ctx: RulesContext) -> None:
        self._ctx = ctx
        self._care = Caretaker(self._advance, passing=(RecordMissing,))
        self._builds: dict[str, asyncio.Task[ReadyImage]] = {}
        self._progress: dict[str, str] = {}

    async def run(self) -> None:
        """Runs until cancelled; evaluators go on without it, and the next ``run`` finds them again."""
        async with asyncio.TaskGroup() as tasks:
            self._care.begin(tasks)
            self._ctx.records.on_change(self._on_change)
            unfinished = self._ctx.records.names(KIND, statuses=("InProgress",))
            for name in unfinished:
                self._care.wake(name)
            for handle in await self._left_behind():
                tasks.create_task(end_and_forget(self._ctx.backend, handle), name=f"clear {handle}")
            await asyncio.Event().wait()

    def _on_change(self, kind: str, name: str) -> None:
        # A job without rules has nobody here to wake.
        if kind == KIND or (kind == JOB and name in self._care):
            self._care.wake_from_any_thread(name)

    async def _advance(self, name: str) -> bool:
        """One look at one job's rules; whether they are done with."""
        ctx = self._ctx
        evaluation = ctx.records.find(KIND, name)
        job = ctx.records.find(JOB, name)
        if evaluation is None or job is None:
            for handle in await self._left_behind():
                await end_and_forget(self._ctx.backend, handle)
            return True
        if evaluation["Status"] == "Done":
            return True
        for host, evaluator in evaluation["Evaluators"].items():
            if evaluator.get("Over"):
                continue
            if "Handle" in evaluator:
                await self._look(name, evaluation, host, evaluator)
            elif job.get("_Hosts"):
                await self._launch(job, evaluation, host, evaluator)
            elif job["TrainingJobStatus"] in TERMINAL:
                details = "The job ended before its rules could be evaluated"
                self._end(name, host, evaluator, STOPPED, details)
        evaluation = ctx.records.get(KIND, name)
        self._tell_the_job(job, evaluation)
        await self._act(name, evaluation)
        with contextlib.suppress(_MoreToDo):
            ctx.records.update(KIND, name, _if_all_over, status="Done")
        return False

    async def _launch(self, job: Document, evaluation: Document, host: str, evaluator: Document) -> None:
        ctx = self._ctx
        name = job["TrainingJobName"]
        rules = [rule for rule in rules_of(job) if rule.name in evaluator["Rules"]]
        try:
            image = rules[0].configuration["RuleEvaluatorImage"]
            environment = self._environment(name, image) if rules[0].custom else None
        except _Building as building:
            self._wait(name, evaluation, rules, str(building))
            return
        except PlatformError as error:
            self._end(name, host, evaluator, ERROR, f"ClientError: {error.message}")
            return
        ctx.logs.create_group(LOG_GROUP, ctx.now(), exist_ok=True)
        for rule in rules:
            stream = evaluation["Rules"][rule.name]["LogStream"]
            ctx.logs.create_stream(LOG_GROUP, stream, ctx.now(), exist_ok=True)
        spec = evaluator_spec(
            job,
            rules,
            host=host,
            attempt=evaluator["Attempt"],
            environment=environment,
            endpoint=ctx.endpoint,
            credentials=ctx.agent_credentials(HostName(JOB, name, host)),
        )
        started = evaluator_id(name, job["CreationTime"], evaluator["Attempt"], host)
        handle = await ctx.backend.launch(started, spec)
        self._change(name, host, {"Handle": handle})

    def _environment(self, name: str, image: str) -> EnvironmentSpec:
        """Of custom rules. Raises _Building while it is being built: the job's other rules need not wait."""
        build = self._builds.get(image)
        if build is None:
            tell = partial(self._progress.__setitem__, image)
            build = self._builds[image] = asyncio.ensure_future(self._ctx.images.ready(image, tell))
            # Its job may be gone by then, with nobody left to ask how it ended.
            build.add_done_callback(lambda done: done.cancelled() or done.exception())
        if not build.done():
            build.add_done_callback(lambda _done: self._care.wake(name))
            raise _Building(self._progress.get(image, "Preparing the environment of the rule"))
        # Asked anew the next time: that is quick, and an environment may be removed meanwhile.
        del self._builds[image]
        return build.result().environment

    def _wait(self, name: str, evaluation: Document, rules: Sequence[JobRule], text: str) -> None:
        known = evaluation["Rules"][rules[0].name]
        if known["Details"] == text:
            return
        now = self._ctx.now()

        def say(present: Document) -> Document:
            told = {
                rule.name: {**present["Rules"][rule.name], "Details": text, "ModifiedAt": now}
                for rule in rules
            }
            return {"Rules": {**present["Rules"], **told}}

        self._ctx.records.update(KIND, name, say)

    async def _look(self, name: str, evaluation: Document, host: str, evaluator: Document) -> None:
        handle = evaluator["Handle"]
        code = await self._ctx.backend.poll(handle)
        if code is None:
            return
        words = await self._ctx.backend.last_words(handle)
        # Read after the look: an evaluator that is over has said all it had to say.
        rules = self._ctx.records.get(KIND, name)["Rules"]
        # One that was killed may have had more to say, also of rules that had fired already.
        if code not in (LOST, ENDED) and all(rules[rule]["Status"] in FINAL for rule in evaluator["Rules"]):
            self._change(name, host, {"Over": True})
        elif evaluator["Attempt"] + 1 < MOST_ATTEMPTS:
            self._change(name, host, {"Attempt": evaluator["Attempt"] + 1, "Seen": 0}, drop=("Handle",))
        else:
            details = (
                f"InternalServerError: the evaluator failed {MOST_ATTEMPTS} times: {words or 'it was killed'}"
            )
            self._end(name, host, evaluator, ERROR, details)
        await self._ctx.backend.forget(handle)

    def _change(self, name: str, host: str, changes: Document, *, drop: tuple[str, ...] = ()) -> None:
        def change(present: Document) -> Document:
            kept = {key: value for key, value in present["Evaluators"][host].items() if key not in drop}
            return {"Evaluators": {**present["Evaluators"], host: {**kept, **changes}}}

        self._ctx.records.update(KIND, name, change)

    def _end(self, name: str, host: str, evaluator: Document, status: str, details: str) -> None:
        """The end of an evaluator that can't say so itself."""
        now = self._ctx.now()

        def change(present: Document) -> Document:
            rules = dict(present["Rules"])
            for rule in evaluator["Rules"]:
                if rules[rule]["Status"] not in FINAL:
                    rules[rule] = {**rules[rule], "Status": status, "Details": details, "ModifiedAt": now}
            over = {**present["Evaluators"][host], "Over": True}
            return {"Rules": rules, "Evaluators": {**present["Evaluators"], host: over}}

        self._ctx.records.update(KIND, name, change)

    def _tell_the_job(self, job: Document, evaluation: Document) -> None:
        statuses = wire_statuses(job, rules_of(job), evaluation)
        if any(job.get(member) != value for member, value in statuses.items()):
            self._ctx.records.update(JOB, job["TrainingJobName"], statuses)

    async def _act(self, name: str, evaluation: Document) -> None:
        """Each notification once; one whose sending was cut short by a kill may come twice."""
        for index, action in enumerate(evaluation["Actions"]):
            if action["State"] != "Due":
                continue
            rule = evaluation["Rules"][action["RuleConfigurationName"]]
            said = await asyncio.to_thread(self._ctx.notifier.send, name, action, rule["Details"])

            def done(present: Document, index: int = index, said: str = said) -> Document:
                actions = list(present["Actions"])
                actions[index] = {**actions[index], "State": "Done", "Note": said}
                return {"Actions": actions}

            self._ctx.records.update(KIND, name, done)
            self._say(rule["LogStream"], said)

    def _say(self, stream: str, text: str) -> None:
        now = self._ctx.now()
        try:
            self._ctx.logs.append(LOG_GROUP, stream, [(int(now * 1000), text)], now, steady=True)
        except PlatformError:
            return  # the user has deleted the log

    async def _left_behind(self) -> list[str]:
        """Evaluators of jobs that were deleted, or of attempts and jobs that are over."""
        started = await self._ctx.backend.handles()
        # Read after the list: an evaluator that is started meanwhile is not in it.
        kept: set[str] = set()
        for name in self._ctx.records.names(KIND, statuses=("InProgress",)):
            evaluation = self._ctx.records.find(KIND, name)
            if evaluation is not None:
                kept |= {
                    evaluator_id(name, evaluation["JobCreatedAt"], evaluator["Attempt"], host)
                    for host, evaluator in evaluation["Evaluators"].items()
                }
        return [handle for handle in started if handle not in kept]


def evaluator_id(job_name: str, job_created_at: float, attempt: int, host: str) -> str:
    """The id under which the backend starts an evaluator."""
    made = hashlib.sha256(repr(job_created_at).encode()).hexdigest()[:8]
    return f"{job_name}-{made}-{attempt}-{host}"


def _if_all_over(present: Document) -> Document:
    """Raises _MoreToDo when rules were added since the look."""
    if not all(evaluator.get("Over") for evaluator in present["Evaluators"].values()):
        raise _MoreToDo
    return {"Status": "Done"}


class _MoreToDo(Exception):
    pass


class _Building(Exception):
    """Its text says how far the environment is."""
