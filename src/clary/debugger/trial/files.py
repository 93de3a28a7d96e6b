"""The interface through which a trial reads its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Span(NamedTuple):
    """``length`` bytes of a file, beginning at offset ``start``."""

    start: int
    length: int


class Files(Protocol):
    """The files of one trial. Paths are relative to the root.

    Every method sees files that were added since the last call. ``read`` and ``read_spans`` raise
    FileNotFoundError for a file that does not exist (yet).
    """

    root: str
    """A folder or s3://bucket/prefix."""

    def check(self) -> None:
        """Raises NoTrial when the root can't be read."""

    def ended(self) -> bool:
        """Whether the end marker exists."""

    def new_index_files(self, first_open_step: int) -> list[str]:
        """Index files that were not returned before, sorted by name.

        All files of steps before ``first_open_step`` are known: new files of these steps may be left out.
        """

    def collections_files(self) -> list[tuple[str, str]]:
        """(path, version) of each, sorted by name. The version changes with the content."""

    def event_files_after(self, path: str) -> Iterable[str]:
        """Event files whose names come after ``path``."""

    def read(self, paths: Sequence[str]) -> list[bytes]:
        """The contents of whole small files, in the order of ``paths``."""

    def read_spans(self, path: str, spans: Sequence[Span]) -> list[Any]:
        """A read-only buffer for every span; shorter than the span if the file ends before it does."""

    def locate(self, path: str) -> str:
        """The full path, for messages."""
