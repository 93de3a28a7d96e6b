"""What a backend promises, in the vocabulary of ``subprocess.Popen``.

    launch ──> handle ──> poll ... None ... exit code
                     └──> stop

``contract.py`` checks these sentences; a backend is done when it passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from clary.domain.hosts import HostSpec

LOST = -1
"""Exit code of an agent that died without saying how it ended."""

ENDED = -2
"""Exit code of an agent that ``stop`` had to kill, because it did not end in its time."""


class Backend(Protocol):
    """Runs hosts. Every method may be called again, also by another process after a restart."""

    async def launch(self, host_id: str, spec: HostSpec) -> str:
        """Starts the agent of one host and answers a handle that can be stored.

        ``host_id`` names this start of this host. Launched again with the same id while it runs,
        nothing is started twice and the handle is the same.
        """
        ...

    async def poll(self, handle: str) -> int | None:
        """None while the agent runs; then its exit code, ``LOST`` or ``ENDED`` when it was killed."""
        ...

    async def last_words(self, handle: str) -> str:
        """The last line the agent itself wrote, for the reason of a lost one; empty when it wrote none."""
        ...

    async def stop(self, handle: str) -> None:
        """Asks the agent to end its host with the grace its spec gives. Does nothing when it is over.

        Call it again until the host is over: an agent that has had its time is killed.
        """
        ...

    async def forget(self, handle: str) -> None:
        """Removes what is left of a host that is over. What can't be removed is logged, and stays."""
        ...

    async def handles(self) -> list[str]:
        """Every host that was launched and is not forgotten, running or over."""
        ...
