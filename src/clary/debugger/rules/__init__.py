"""Finds problems of a training while it runs: AWS's built-in rules, and one evaluator that runs all of them.

    tensor/, profiler/     one rule per file: a name, thresholds, one decision
    parameters, configuration, catalogue     build a rule from the strings of a request
    source, profile_source     return complete steps and windows, in order, when their files appear
    engine, evaluation, events     run all rules in one pass; write statuses, findings and actions as lines

In a notebook, for a trial that exists already:

    from clary.debugger.rules import findings, steps
    from clary.debugger.rules.tensor.vanishing_gradient import VanishingGradient

    findings(VanishingGradient(threshold=1e-6), steps("s3://bucket/job/debug-output"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .catalogue import built_in_rules, find_rule
from .errors import RuleConfigurationError, RuleParameterError
from .events import EventFile, Events
from .finding import Finding
from .job import evaluate_job
from .parameters import build_rule
from .rule import Rule, RuleContext, RuleWithMemory
from .source import TrialSource
from .step import RuleStep, StepTensor
from .watch import findings

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "EventFile",
    "Events",
    "Finding",
    "Rule",
    "RuleConfigurationError",
    "RuleContext",
    "RuleParameterError",
    "RuleStep",
    "RuleWithMemory",
    "StepTensor",
    "build_rule",
    "built_in_rules",
    "evaluate_job",
    "find_rule",
    "findings",
    "steps",
]


def steps(path: str) -> Iterator[RuleStep]:
    """The complete steps that a trial has now. path: a folder or ``s3://bucket/prefix``."""
    return TrialSource(path).poll()
