"""A page about an XGBoost training; never fires."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..report import About, notebook
from ..rule import RuleWithMemory, Surroundings
from ..selection import Selection
from ..whole_file import write_whole
from ..xgboost_page import Rounds, xgboost_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..finding import Finding
    from ..step import Array, Step, Tensor

METRICS = Selection(
    collections=("metrics", "losses"), patterns=("^(train|validation|valid|val|eval|test)[^/]*-",)
)
IMPORTANCE = Selection(patterns=("^feature_importance/",))
HYPERPARAMETERS = Selection(patterns=("^hyperparameters/",))
LABELS, PREDICTIONS = Selection(patterns=("^labels$",)), Selection(patterns=("^predictions$",))
MOST_KEPT = 60
MOST_VALUES = 100
NOTEBOOK_CELL = """from IPython.display import HTML, display

display(HTML(filename="xgboost_report.html"))
"""


@dataclass(slots=True)
class ReportMemory:
    output: Path
    job: str
    rounds: Rounds = field(default_factory=Rounds)
    seen: int = 0
    write_at: int = 1


@dataclass(frozen=True, slots=True)
class CreateXgboostReport(RuleWithMemory[ReportMemory]):
    """Writes ``xgboost_report.html`` and ``.ipynb``: after the first round, ever less often, at the end."""

    meaning: ClassVar[str] = "A report of the training is being kept; it is never a problem by itself."
    remedy: ClassVar[str] = "Open xgboost_report.html in the rule's output folder."

    def memory(self, surroundings: Surroundings) -> ReportMemory:
        return ReportMemory(surroundings.output, surroundings.job)

    def check(self, step: Step, memory: ReportMemory) -> Iterable[Finding]:
        rounds = memory.rounds
        for tensor in step.select(METRICS):
            value = tensor.measure("mean")
            if value is not None:
                rounds.metrics.setdefault(tensor.name, []).append((step.number, value))
        for tensor in step.select(IMPORTANCE):
            value = tensor.measure("sum")
            if value is not None:
                kind, _, feature = tensor.name.removeprefix("feature_importance/").partition("/")
                rounds.importance.setdefault(kind, {})[feature] = value
        for tensor in step.select(HYPERPARAMETERS):
            name = tensor.name.removeprefix("hyperparameters/")
            rounds.hyperparameters[name] = _told(tensor)
        _keep_predictions(step, rounds)
        memory.seen += 1
        if memory.seen >= memory.write_at:
            # Pages grow with the training; written at 1.25 times as many rounds each time, they cost little.
            memory.write_at = max(memory.seen + 1, int(memory.seen * 1.25))
            _write(memory)
        return ()

    def finish(self, step_number: int, memory: ReportMemory) -> Iterable[Finding]:
        _write(memory)
        return ()


def _told(tensor: Tensor) -> str:
    """A hyperparameter; one of several values (``eval_metric``) as a list."""
    if tensor.text is not None:
        return tensor.text
    values = () if tensor.array is None else tensor.array.ravel()[:MOST_VALUES]
    return ", ".join(f"{value:g}" for value in values)


def _keep_predictions(step: Step, rounds: Rounds) -> None:
    labels, predictions = _first(step, LABELS), _first(step, PREDICTIONS)
    if labels is None or predictions is None:
        return
    rounds.labels = labels
    rounds.predictions[step.number] = predictions
    if len(rounds.predictions) > MOST_KEPT:
        # The first and last stay; of the others every second one goes.
        for number in list(rounds.predictions)[1:-1:2]:
            del rounds.predictions[number]


def _first(step: Step, selection: Selection) -> Array | None:
    return next((array for _, array in step.arrays(selection)), None)


def _write(memory: ReportMemory) -> None:
    about = About(memory.job, time.time())
    write_whole(memory.output / "xgboost_report.html", xgboost_page(memory.rounds, about))
    write_whole(memory.output / "xgboost_report.ipynb", notebook("XGBoost training report", [NOTEBOOK_CELL]))
