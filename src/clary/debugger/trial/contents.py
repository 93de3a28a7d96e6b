"""The content of the index and collections files of a trial that were read so far."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from ..tensors import collection as collections_file
from ..tensors import index as index_file
from ..tensors.layout import parse_collections_file, parse_step_file
from .errors import CorruptFile
from .step_catalogue import StepCatalogue

if TYPE_CHECKING:
    from ..tensors.collection import Collection
    from .files import Files


class TrialContents:
    """The steps, collections and workers of a trial. ``refresh`` reads what was added.

    problems: files that can't be parsed. Each is reported with one warning and otherwise ignored.
    """

    def __init__(self, files: Files) -> None:
        self.steps = StepCatalogue()
        self.collections: dict[str, Collection] = {}
        self.collection_workers: set[str] = set()
        """The workers that have written a collections file."""
        self.problems: list[CorruptFile] = []
        self._files = files
        self._versions: dict[str, str] = {}

    def refresh(self) -> bool:
        """Reads the files that were added since the last call. Returns whether there were any."""
        # Look for the end marker first: the files that were written before the marker are then found too.
        ended = self.steps.ended or self._files.ended()
        changed = self._read_collections()
        paths = self._files.new_index_files(self.steps.first_open_step)
        for path, content in zip(paths, self._files.read(paths)):
            self._add(path, content)
        changed = changed or bool(paths) or ended != self.steps.ended
        self.steps.ended = ended
        self.steps.update_complete()
        return changed

    def _add(self, path: str, content: bytes) -> None:
        parsed = parse_step_file(path)
        if parsed is None:
            return
        try:
            self.steps.add(parsed.step, parsed.worker, index_file.from_json(content))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            # Besides what is no JSON: names that are no texts, offsets beyond 64 bits, ten thousand brackets.
            self._note(CorruptFile(self._files.locate(path), str(error)))

    def _read_collections(self) -> bool:
        found = dict(self._files.collections_files())
        if found == self._versions:
            return False
        first = next(iter(found), None)
        # All workers have the same collections, so read one file. The others only show that a worker exists.
        if first is not None and found[first] != self._versions.get(first):
            try:
                content = collections_file.from_json(self._files.read([first])[0])
                self.collections = content.collections
                self.steps.num_workers = content.num_workers
            except (ValueError, TypeError, RecursionError) as error:
                self._note(CorruptFile(self._files.locate(first), str(error)))
        self._versions = found
        workers = (parse_collections_file(path) for path in found)
        self.collection_workers = {worker for worker in workers if worker is not None}
        return True

    def _note(self, problem: CorruptFile) -> None:
        self.problems.append(problem)
        warnings.warn(str(problem), stacklevel=4)
