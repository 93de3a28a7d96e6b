"""Reads what trainings have saved, in another process: the interface, which the server implements.

No operation parses a file that a user's job wrote. It asks, and serves the objects that the answer needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from clary.store.objects import OpenObject

Document = dict[str, Any]


class FolderObject(NamedTuple):
    """path: below its place."""

    path: str
    size: int
    etag: str


class SavedFolders(Protocol):
    """The folders that one question may be about. Raises PlatformError where the caller may not read."""

    def list(self, place: str, folder: str, after: str) -> tuple[list[FolderObject], str]:
        """Objects whose paths begin with ``folder``, those behind ``after``; the next ``after``, or empty."""
        ...

    def open(self, place: str, path: str) -> OpenObject | None:
        """An object's content; None where there is none."""
        ...


class Reading(Protocol):
    """Safe to use from any thread."""

    def ask(self, question: str, request: Document, places: SavedFolders) -> tuple[Document, bytes]:
        """The answer, and bytes that belong to it.

        request: its member ``Key`` names what is read; a process that has read it before is quicker.
        Raises PlatformError: the files are broken, too large or take too long, or too many others ask.
        """
        ...
