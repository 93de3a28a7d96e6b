"""The interface of a backend, in the terms of ``subprocess.Popen``.

    launch ──> handle ──> poll ... None ... exit code
                     └──> stop

``contract.py`` tests these promises; a backend is complete when it passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from clary.domain.hosts import HostSpec

LOST = -1
"""Exit code of an agent that died without saying how it ended."""

ENDED = -2
"""Exit code of an agent that ``stop`` killed, because it did not end in time."""


class BackendAway(Exception):
    """The machines of a backend can't be asked now; the message says why. Ask again later."""


class Backend(Protocol):
    """Runs hosts. Every method may be called again, also by another process after a restart.

    Every method but ``poll`` and ``wait`` may raise BackendAway.
    """

    async def launch(self, host_id: str, spec: HostSpec, *, node: str = "") -> str:
        """Starts the agent of one host; returns a handle that can be stored.

        node: where, as the capacity has said; empty: wherever the backend wants.
        ``host_id`` names this start of this host. A second call with the same id while it runs starts
        nothing and returns the same handle.
        """
        ...

    async def poll(self, handle: str) -> int | None:
        """Returns None while the agent runs, then its exit code; ``LOST`` or ``ENDED`` if it was killed.

        A host that can't be asked about now counts as running.
        """
        ...

    async def wait(self, handle: str, patience_s: float) -> int | None:
        """As ``poll``, but returns when the agent has ended, or after ``patience_s``."""
        ...

    async def last_words(self, handle: str) -> str:
        """Returns the last line that the agent wrote, for the reason of a lost host; empty without one."""
        ...

    async def stop(self, handle: str) -> None:
        """Asks the agent to end its host with the grace of its spec. Does nothing when the host has ended.

        Call it again until the host has ended: an agent that exceeds its time is killed.
        """
        ...

    async def forget(self, handle: str) -> None:
        """Removes the files of a host that has ended. Files that can't be removed are logged, and stay."""
        ...

    async def handles(self) -> list[str]:
        """Returns the handle of every host that was launched and not forgotten."""
        ...
