"""Metric definitions of a training job: a name, and the regular expression of its numbers in the log."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.services.context import Document

COMPILE_BUDGET_S = 0.5
"""CPU time for all expressions of a request. A class of a million characters takes 5 ms to compile."""


def check_metric_definitions(definitions: Sequence[Document]) -> None:
    """Raises ValidationError naming the definition that can't be used.

    The expressions are Python's, as AWS's are. Here they are compiled and never run: that is done beside
    the job (host/expression_reader.py), with a limit.
    """
    began = time.thread_time()
    for index, definition in enumerate(definitions):
        member = f"AlgorithmSpecification.MetricDefinitions[{index}]"
        expression = definition["Regex"]
        try:
            re.compile(expression)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValidationError(
                f"{member}.Regex is not a regular expression: {error}: {expression!r}. Use the syntax of "
                "Python's re, with the number in the first group."
            ) from None
        if time.thread_time() - began > COMPILE_BUDGET_S:
            raise ValidationError(
                f"{member}.Regex: the expressions take too long to compile; use smaller character classes."
            )
