"""Removes the marks of an end that an earlier job of the same name has left where a job saves its files.

A deleted job leaves its files, and its name may be used again. Readers that find ``training_job_end.ts`` take
a trial as complete: the rules of the new job would end with what the old one saved. So the marks go before
the first host starts; evaluators start after it. The other files stay, as they are the user's.

Few jobs find any, so it is looked up in the store first. The request is signed with the job's role.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from clary.domain.errors import PlatformError
from clary.domain.hosts import HostName
from clary.host.client.s3 import S3, S3Uri
from clary.host.client.service import ServiceError
from clary.host.errors import ClientError

from .as_role import as_role
from .trial_end import END_MARKER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clary.domain.hosts import AgentCredentials, Endpoint
    from clary.kinds.kind import SavedFiles

    from .context import RunnerContext
    from .job import Job

log = logging.getLogger("clary.runner")


async def begin_saving(ctx: RunnerContext, job: Job, record: dict[str, Any], host: str) -> Sequence[str]:
    """Does so for a job whose first host is about to start; returns lines for its log."""
    saved = job.kind.saves(record)
    if saved is None:
        return ()
    try:
        return await asyncio.to_thread(
            ctx.begin_trials, saved, HostName(job.kind.record_kind, job.name, host)
        )
    except PlatformError as error:
        log.warning("%s: its folders of the debugger could not be looked at: %s", job, error.message)
        return ()


def begin_trials(
    saved: SavedFiles,
    host: HostName,
    agent: Callable[[HostName], AgentCredentials],
    endpoint: Endpoint,
    is_stored: Callable[[str, str], bool],
) -> list[str]:
    """Returns lines for the job's log: what could not be removed, and what follows. May be repeated.

    Takes at most as long as ``as_role`` waits. host: one of the job's. agent: its credentials.
    is_stored: whether there is an object of this (bucket, key).
    """
    left = [mark for mark in _marks(saved) if is_stored(mark.bucket, mark.key)]
    if not left:
        return []
    try:
        with closing(as_role(host, agent(host), endpoint)) as service:
            return [line for mark in left if (line := _remove(S3(service), mark))]
    except (ClientError, ServiceError, OSError) as error:
        log.warning("%s: the end of an earlier job could not be removed: %s", host.job, error)
        return [_still_there(mark, str(error)) for mark in left]


def _marks(saved: SavedFiles) -> Iterator[S3Uri]:
    for folder in (saved.tensors, saved.profile):
        # What is no S3 URI is refused when the host has started, in the words of its member.
        with suppress(ValueError):
            yield S3Uri.parse(f"{folder}/{END_MARKER}")


def _remove(s3: S3, mark: S3Uri) -> str:
    try:
        s3.delete(mark.bucket, mark.key)
    except ServiceError as error:
        return _still_there(mark, error.message)
    return ""


def _still_there(mark: S3Uri, reason: str) -> str:
    return (
        f"Clary: {mark} says that a job of this name has ended, and could not be deleted: {reason}. Rules "
        "and other readers may take this job as ended. Allow the role s3:DeleteObject, or choose another "
        "name for the job."
    )
