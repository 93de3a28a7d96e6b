"""Finds trees that depend on a few features."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..parameters import at_least, between
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import RuleStep


@dataclass(frozen=True, slots=True)
class FeatureImportanceOverweight(Rule):
    """Compares the importances of one kind (weight, gain, ...) as shares of their sum."""

    threshold: float = 0.8  # share of all importance, 0..1
    nfeatures: int = 3
    tensor_regex: tuple[str, ...] = (".*feature_importance/weight",)

    default_collections: ClassVar[tuple[str, ...]] = ("feature_importance",)

    meaning: ClassVar[str] = (
        "A few features have nearly all of the importance: the model hardly uses the others, and any error "
        "in these few features is an error of the model."
    )
    remedy: ClassVar[str] = (
        "Check that the strongest features do not leak the label; if they are valid, remove the useless "
        "ones, or lower colsample_bytree so that trees must use others."
    )

    def __post_init__(self) -> None:
        between("threshold", self.threshold, 0, 1)
        at_least("nfeatures", self.nfeatures, 1)

    def check(self, step: RuleStep) -> Iterator[Finding]:
        kinds: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
        for tensor in step.select(Selection(patterns=self.tensor_regex)):
            importance = tensor.measure("sum")
            if importance is not None and importance > 0:
                kind, _, feature = tensor.name.rpartition("/")
                kinds[kind, tensor.worker].append((importance, feature))
        for (kind, worker), importances in kinds.items():
            strongest = sorted(importances, reverse=True)[: self.nfeatures]
            share = sum(value for value, _ in strongest) / sum(value for value, _ in importances)
            if share > self.threshold:
                names = ", ".join(feature for _, feature in strongest)
                message = (
                    f"{names} hold {100 * share:.0f}% of the importance, more than {100 * self.threshold:g}%"
                )
                yield Finding(step.number, kind, share, self.threshold, message, worker)
