"""What reading a trial can say no to.

TrialError
├── NoTrial              nothing is there that looks like a trial
├── CorruptFile          a file that breaks the format: names it and the place
└── Unavailable
    ├── NoSuchTensor     (a KeyError too)
    ├── NoSuchWorker
    ├── StepUnavailable  never saved
    ├── NotYet           the step may still come
    └── NotSaved         the step is there, this tensor of it is not
"""

from __future__ import annotations


class TrialError(Exception):
    """Anything that is wrong with a trial or a question about it."""


class NoTrial(TrialError):
    """The path does not exist, or can't be read."""


class CorruptFile(TrialError):
    """``path`` is as it was opened; ``offset`` counts bytes from its start, None for the whole file."""

    def __init__(self, path: str, what: str, offset: int | None = None) -> None:
        place = "" if offset is None else f" at byte {offset}"
        super().__init__(f"{path}{place}: {what}")
        self.path = path
        self.offset = offset


class Unavailable(TrialError):
    """What was asked for is not in the trial; a rule goes on to the next step."""


class NoSuchTensor(Unavailable, KeyError):
    def __str__(self) -> str:
        return str(self.args[0])


class NoSuchWorker(Unavailable):
    """The worker did not save this."""


class StepUnavailable(Unavailable):
    """The step was not saved and never will be."""


class NotYet(Unavailable):
    """The training goes on and the step may still come."""


class NotSaved(Unavailable):
    """The step was saved without this tensor, or with reductions of it only."""
