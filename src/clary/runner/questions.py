"""Answers the questions of kinds (``Decision.ask``), in a thread, one at a time for each record."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from clary.kinds.decision import FileQuestion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clary.kinds.decision import Question

    from .job import Job

log = logging.getLogger("clary.runner")


class Questions:
    """In memory only. Used in the event loop's thread.

    read: from the URI of an object and the most bytes to its content; called in a thread. wake: called with
    a record when its question is answered. refuse: called with a record, the name of the question and a
    reason when there is no answer.
    """

    def __init__(
        self,
        read: Callable[[str, int], bytes | None],
        wake: Callable[[Job], None],
        refuse: Callable[[Job, str, str], None],
    ) -> None:
        self._read = read
        self._wake = wake
        self._refuse = refuse
        self._asked: set[Job] = set()
        self._answers: dict[Job, dict[str, Any]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Creates tasks in this group from now on."""
        self._tasks = tasks

    def answers(self, job: Job) -> Mapping[str, Any]:
        """The answer to the last question of a record, by its name."""
        return self._answers.get(job, {})

    def ask(self, job: Job, question: Question | FileQuestion) -> None:
        """Begins to answer a question. Does nothing while an earlier one of this record has no answer."""
        if job not in self._asked and self._tasks is not None:
            self._asked.add(job)
            self._tasks.create_task(self._answer(job, question), name=f"{job}: {question.name}")

    def forget(self, job: Job) -> None:
        """After the end of a record."""
        self._answers.pop(job, None)

    async def _answer(self, job: Job, question: Question | FileQuestion) -> None:
        try:
            answer = await asyncio.to_thread(self._work, question)
        except Exception as error:
            log.exception("%s: %s can't be answered", job, question.name)
            self._refuse(job, question.name, f"InternalServerError: {question.name}: {error!r}")
        else:
            self._answers[job] = {question.name: answer}
            self._wake(job)
        finally:
            self._asked.discard(job)

    def _work(self, question: Question | FileQuestion) -> Any:
        if isinstance(question, FileQuestion):
            return question.work(self._read(question.uri, question.most_bytes))
        return question.work()
