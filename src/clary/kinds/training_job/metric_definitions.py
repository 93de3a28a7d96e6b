"""Metric definitions of a training job: a name, and the regular expression of its numbers in the log."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.stores import Document, Stores

COMPILE_BUDGET_S = 0.5
"""CPU time for all expressions of a request. A class of a million characters takes 5 ms to compile."""


MOST_DEFINITIONS = 40
"""The model's own limit; a job that is asked for again from its description must be within it."""


def with_algorithm_metrics(stores: Stores, request: Document) -> Document:
    """AlgorithmSpecification with the metrics that a built-in algorithm logs, as AWS adds them.

    The caller's own come first, and replace those of the same name.
    """
    specification: Document = dict(request["AlgorithmSpecification"])
    if _brings_its_own_code(request):
        return specification
    own = list(specification.get("MetricDefinitions", ()))
    named = {definition["Name"] for definition in own}
    added = [
        {"Name": name, "Regex": expression}
        for name, expression in stores.machines.algorithm_metrics(specification["TrainingImage"])
        if name not in named
    ]
    if added:
        specification["MetricDefinitions"] = [*own, *added][:MOST_DEFINITIONS]
    return specification


def check_metric_definitions(definitions: Sequence[Document]) -> None:
    """Raises ValidationError naming the definition that can't be used.

    The expressions are Python's, as AWS's are. Here they are compiled and never run: that is done beside
    the job (host/telemetry/expression_reader.py), with a limit.
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


def _brings_its_own_code(request: Document) -> bool:
    settings = request.get("HyperParameters", {})
    return (
        "sagemaker_program" in settings
        or "sagemaker_submit_directory" in settings
        or bool(request["AlgorithmSpecification"].get("ContainerEntrypoint"))
    )
