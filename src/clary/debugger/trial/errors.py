"""The errors of reading a trial.

TrialError
├── NoTrial              the path can't be read as a trial
├── CorruptFile          a file that breaks the format; names the file and the place in it
└── Unavailable
    ├── NoSuchTensor     (a KeyError too)
    ├── NoSuchWorker
    ├── StepUnavailable  the step was never saved
    ├── NotYet           the step may still be saved
    └── NotSaved         the step was saved, but without this tensor
"""

from __future__ import annotations


class TrialError(Exception):
    """The base class: an error in a trial, or in a question about it."""


class NoTrial(TrialError):
    """The path does not exist, or can't be read."""


class CorruptFile(TrialError):
    """A file that breaks the format.

    path: as it was opened. offset: the place in bytes from the start; None if the whole file is wrong.
    """

    def __init__(self, path: str, what: str, offset: int | None = None) -> None:
        place = "" if offset is None else f" at byte {offset}"
        super().__init__(f"{path}{place}: {what}")
        self.path = path
        self.offset = offset


class Unavailable(TrialError):
    """The trial does not have what was asked for. A rule then continues with the next step."""


class NoSuchTensor(Unavailable, KeyError):
    """No step has a tensor of this name."""

    def __str__(self) -> str:
        return str(self.args[0])


class NoSuchWorker(Unavailable):
    """The worker did not write the step."""


class StepUnavailable(Unavailable):
    """The step was not saved and will not be saved."""


class NotYet(Unavailable):
    """The step was not saved so far, and the training still runs."""


class NotSaved(Unavailable):
    """The step was saved without this tensor, or with its reductions or shape only."""
