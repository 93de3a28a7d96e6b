"""Writes a page about an XGBoost training. Never fires."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..atomic_text import write_text
from ..report import About, notebook
from ..rule import RuleContext, RuleWithMemory
from ..selection import Selection
from ..xgboost_page import Rounds, xgboost_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..finding import Finding
    from ..step import Array, RuleStep, StepTensor

METRICS = Selection(
    collections=("metrics", "losses"), patterns=("^(train|validation|valid|val|eval|test)[^/]*-",)
)
IMPORTANCE = Selection(patterns=("^feature_importance/",))
HYPERPARAMETERS = Selection(patterns=("^hyperparameters/",))
LABELS, PREDICTIONS = Selection(patterns=("^labels$",)), Selection(patterns=("^predictions$",))
MAX_KEPT = 60
MAX_VALUES = 100
NOTEBOOK_CELL = """from IPython.display import HTML, display

display(HTML(filename="xgboost_report.html"))
"""


@dataclass(slots=True)
class ReportMemory:
    """What the report shows, and when it is written next. seen: the number of rounds so far."""

    output: Path
    job: str
    rounds: Rounds = field(default_factory=Rounds)
    seen: int = 0
    write_at: int = 1


@dataclass(frozen=True, slots=True)
class CreateXgboostReport(RuleWithMemory[ReportMemory]):
    """Writes ``xgboost_report.html`` and ``.ipynb`` after the first round, then less often, and at the end.

    The time between two reports grows with the training.
    """

    meaning: ClassVar[str] = "The rule writes a report of the training; it is never a problem by itself."
    remedy: ClassVar[str] = "Open xgboost_report.html in the rule's output folder."

    def memory(self, context: RuleContext) -> ReportMemory:
        return ReportMemory(context.output, context.job)

    def check(self, step: RuleStep, memory: ReportMemory) -> Iterable[Finding]:
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
            rounds.hyperparameters[name] = _hyperparameter(tensor)
        _keep_predictions(step, rounds)
        memory.seen += 1
        if memory.seen >= memory.write_at:
            # A page grows with the training. Writing it at 1.25 times as many rounds each time costs little.
            memory.write_at = max(memory.seen + 1, int(memory.seen * 1.25))
            _write(memory)
        return ()

    def finish(self, step_number: int, memory: ReportMemory) -> Iterable[Finding]:
        _write(memory)
        return ()


def _hyperparameter(tensor: StepTensor) -> str:
    """The value of a hyperparameter as text; several values (``eval_metric``) are joined by commas."""
    if tensor.text is not None:
        return tensor.text
    values = () if tensor.array is None else tensor.array.ravel()[:MAX_VALUES]
    return ", ".join(f"{value:g}" for value in values)


def _keep_predictions(step: RuleStep, rounds: Rounds) -> None:
    labels, predictions = _first(step, LABELS), _first(step, PREDICTIONS)
    if labels is None or predictions is None:
        return
    rounds.labels = labels
    rounds.predictions[step.number] = predictions
    if len(rounds.predictions) > MAX_KEPT:
        # Keep the first and the last; remove every second one of the others.
        for number in list(rounds.predictions)[1:-1:2]:
            del rounds.predictions[number]


def _first(step: RuleStep, selection: Selection) -> Array | None:
    return next((array for _, array in step.arrays(selection)), None)


def _write(memory: ReportMemory) -> None:
    about = About(memory.job, time.time())
    write_text(memory.output / "xgboost_report.html", xgboost_page(memory.rounds, about))
    write_text(memory.output / "xgboost_report.ipynb", notebook("XGBoost training report", [NOTEBOOK_CELL]))
