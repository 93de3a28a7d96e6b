"""Polls, stops and removes the hosts of records at the backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.compute.backend import ENDED, LOST
from clary.kinds.decision import HostSeen

from .job import own_handles
from .reconciler import POLL_S, end_and_forget

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Container, Iterable, Mapping

    from .context import RunnerContext
    from .job import Job

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Polled:
    """handle: of the host that was looked at. code: None while it runs. last_words: if it failed."""

    handle: str
    code: int | None
    last_words: str = ""


class JobHosts:
    """Only for the event loop's thread."""

    def __init__(self, ctx: RunnerContext) -> None:
        self._backend = ctx.backend
        self._as_adopted = ctx.as_adopted
        self._known: dict[Job, set[str]] = {}
        """The last known handles of each record, because a deleted record can't tell them."""
        self._tasks: asyncio.TaskGroup | None = None

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks

    def launched(self, job: Job, handles: Iterable[str]) -> None:
        self._known.setdefault(job, set()).update(handles)

    async def poll(self, record: Document) -> dict[str, Polled]:
        """Returns the state of every started host, by its name."""
        polled: dict[str, Polled] = {}
        for host, handle in record.get("_Hosts", {}).items():
            code = await self._backend.poll(handle)
            words = await self._backend.last_words(handle) if code else ""
            polled[host] = Polled(handle, code, words)
        return polled

    async def stop(self, polled: Mapping[str, Polled], record: Document, hosts: Iterable[str]) -> None:
        """Asks those of these hosts to end that run. To be repeated until they have ended."""
        for host in hosts:
            seen = polled.get(host)
            if seen is None or seen.code is None:
                await self._backend.stop(record["_Hosts"][host])

    def forget(self, job: Job, record: Document, hosts: Iterable[str]) -> None:
        """Removes hosts that have ended and no longer belong to the record, in the background."""
        for host in hosts:
            handle = record["_Hosts"][host]
            # It has reported its end, and may still be clearing its folders. What runs is not forgotten.
            self.end_later([handle])
            self._known.get(job, set()).discard(handle)

    def end_replaced(self, job: Job, record: Document) -> None:
        """Ends the hosts of an earlier record of this name, in the background."""
        present = set(record.get("_Hosts", {}).values())
        known = self._known.get(job, set())
        if known <= present:
            if present:
                self._known[job] = present
            return
        # Includes those of a start that was not recorded.
        own = job.handles(record)
        self.end_later(known - own)
        self._known[job] = known & own | present

    def passed_on(self, job: Job, to: Job) -> None:
        """From now on, the ended hosts of a record belong to another one."""
        self._known.setdefault(to, set()).update(self._known.pop(job, set()))

    def leave(self, job: Job, record: Document) -> None:
        """Another server takes care of the record: ends the hosts here that are not among its own."""
        taken = own_handles(record)
        known = self._known.pop(job, set())
        self.end_later(handle for handle in known if self._as_adopted(handle) not in taken)

    async def end_all(self, job: Job, record: Document | None) -> None:
        """Ends and removes every host of a record that has ended, or was deleted (None)."""
        own = set() if record is None else own_handles(record)
        for handle in own:
            # It has reported its end and is about to exit.
            await self._backend.wait(handle, POLL_S)
            await end_and_forget(self._backend, handle)
        self.end_later(self._known.pop(job, set()) - own)

    def end_later(self, handles: Iterable[str]) -> None:
        """Ends and removes hosts in the background."""
        assert self._tasks is not None
        for handle in handles:
            self._tasks.create_task(end_and_forget(self._backend, handle), name=f"end {handle}")


def hosts_seen(record: Document, polled: Mapping[str, Polled], in_use: Container[str] = ()) -> list[HostSeen]:
    """The polled hosts that still belong to the record. in_use: names of those that answer requests now."""
    reports, handles = record.get("_Reports", {}), record.get("_Hosts", {})
    return [
        HostSeen(
            host,
            reports.get(host),
            seen.code is not None,
            seen.last_words,
            ended=seen.code == ENDED,
            lost=seen.code == LOST,
            in_use=host in in_use,
        )
        for host, seen in polled.items()
        if handles.get(host) == seen.handle
    ]


def first_host(record: Document) -> str:
    """The name of the first started host, such as ``algo-1``."""
    return min(record.get("_Hosts", {}), key=lambda host: (len(host), host), default="algo-1")
