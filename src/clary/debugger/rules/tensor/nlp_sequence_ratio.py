"""Finds input sequences that are mostly padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..errors import RuleConfigurationError
from ..finding import Finding
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import RuleStep

COLLECTION = "input_sequence"
DEFAULT_REGEX = (".*embedding0_input_0",)
EMBEDDING_CLASSES = frozenset({"embedding"})


@dataclass(frozen=True, slots=True)
class NLPSequenceRatio(Rule):
    """Fires when a special token is more than its threshold of all tokens of a batch."""

    tensor_regex: tuple[str, ...] = DEFAULT_REGEX
    token_values: tuple[float, ...] = (0.0,)
    token_thresholds_percent: tuple[float, ...] = (50.0,)

    default_collections: ClassVar[tuple[str, ...]] = ("input_sequence",)

    meaning: ClassVar[str] = (
        "A large part of the input sequences is one special token, usually padding: the hardware computes "
        "useless values, and the model learns from the padding if it is not masked."
    )
    remedy: ClassVar[str] = (
        "Put sequences of similar length into a batch (bucketing), pad to the longest of the batch only, "
        "pack short sequences together, or cut the few very long ones."
    )

    def __post_init__(self) -> None:
        values, thresholds = len(self.token_values), len(self.token_thresholds_percent)
        if values != thresholds:
            raise RuleConfigurationError(
                f"Parameter 'token_values' has {values} entries and 'token_thresholds_percent' {thresholds}; "
                "give one threshold for each token"
            )

    def check(self, step: RuleStep) -> Iterator[Finding]:
        for tensor, tokens in step.arrays(self._selection()):
            for token, threshold in zip(self.token_values, self.token_thresholds_percent, strict=True):
                percent = 100.0 * np.count_nonzero(tokens == token) / tokens.size
                if percent > threshold:
                    message = f"{percent:.0f}% of the tokens are {token:g}, more than {threshold:g}%"
                    yield Finding(step.number, tensor.name, percent, threshold, message, tensor.worker)

    def _selection(self) -> Selection:
        if self.tensor_regex != DEFAULT_REGEX:
            return Selection(patterns=self.tensor_regex)
        return Selection((COLLECTION,), DEFAULT_REGEX, EMBEDDING_CLASSES, side="input")
