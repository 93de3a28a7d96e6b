"""The trials and digests that were read: a page that asks again is answered at once."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from clary.debugger.trial import Trial

from .digest import Digest, digest, of_reductions
from .tensor_files import TensorFiles

if TYPE_CHECKING:
    from clary.debugger.trial import SavedTensor

    from .door import Door

TRIALS = 4
DIGESTS = 20_000


class ReadTrial:
    """One trial, and what was computed from it. Files of a step never change, so nothing here grows old."""

    def __init__(self, door: Door) -> None:
        self.files = TensorFiles(door)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.trial = Trial(self.files, refresh_every_s=None, missing_file_wait_s=0.0)
        self.names: tuple[int, list[str]] = (-1, [])
        """How many steps were there, and the names of their tensors."""
        self.pictures: OrderedDict[Any, Any] = OrderedDict()
        self._digests: OrderedDict[tuple[str, int, str], Digest] = OrderedDict()

    def refresh(self) -> None:
        """Reads what was added."""
        if not self.trial.ended:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.trial.refresh()

    def known(self, name: str, step: int, worker: str) -> bool:
        return (name, step, worker) in self._digests

    def digest(self, saved: SavedTensor) -> Digest:
        """Raises CorruptFile, NotSaved."""
        key = (saved.name, saved.step, saved.worker)
        found = self._digests.pop(key, None)
        if found is None:
            found = digest(saved.value()) if saved.has_value else of_reductions(*_reductions(saved))
        self._digests[key] = found
        if len(self._digests) > DIGESTS:
            self._digests.popitem(last=False)
        return found


class Shelf:
    """Trials by key; the least recently used one goes."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._trials: OrderedDict[str, ReadTrial] = OrderedDict()
        self.profiles: OrderedDict[str, Any] = OrderedDict()

    def trial(self, key: str) -> ReadTrial:
        """The trial of a key as it is now. Raises Refused."""
        found = self._trials.pop(key, None)
        if found is None:
            found = ReadTrial(self._door)
        else:
            found.refresh()
        self._trials[key] = found
        if len(self._trials) > TRIALS:
            self._trials.popitem(last=False)
        return found


def _reductions(saved: SavedTensor) -> tuple[tuple[int, ...], dict[str, float]]:
    found: dict[str, float] = {}
    for each in saved.stored_reductions:
        if not each.absolute:
            value = saved.reduction(each.name)
            if getattr(value, "size", 1) == 1:
                found[each.name] = float(value)
    return (), found
