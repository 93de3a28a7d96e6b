"""What a trial asks of the place where its files lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Span(NamedTuple):
    """Bytes of a file, from ``start`` on."""

    start: int
    length: int


class Files(Protocol):
    """Paths are relative to the root. Every method sees files that came since the last call.

    ``read`` and ``read_spans`` raise FileNotFoundError naming a file that is not there (yet).
    """

    root: str
    """As the user gave it: a folder or s3://bucket/prefix."""

    def check(self) -> None:
        """Raises NoTrial when the root can't be read."""

    def ended(self) -> bool:
        """Whether the end marker is there."""

    def new_index_files(self, first_open_step: int) -> list[str]:
        """Index files that were not listed before, in order of their names.

        Steps before ``first_open_step`` are known completely: what is new of them need not be found.
        """

    def collections_files(self) -> list[tuple[str, str]]:
        """(path, version) in order of their names; the version changes with the content."""

    def event_files_after(self, path: str) -> Iterable[str]:
        """Event files whose names come after ``path``."""

    def read(self, paths: Sequence[str]) -> list[bytes]:
        """Whole small files, in the order asked for."""

    def read_spans(self, path: str, spans: Sequence[Span]) -> list[Any]:
        """A read-only buffer for every span, shorter than asked for where the file ends before."""

    def locate(self, path: str) -> str:
        """The path as a person would open it."""
