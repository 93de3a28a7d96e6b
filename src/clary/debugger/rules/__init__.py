"""Says what is wrong with a training while it runs: AWS's built-in rules, and one evaluator for all of them.

    tensor/, profiler/     one rule a file: a name, thresholds, one decision
    parameters, configuration, catalogue     from the wire's strings to a rule
    source, profile_source     complete steps and windows, in order, as their files appear
    engine, evaluation, events     one pass for all rules; statuses, firings and due actions as lines

In a notebook, for a trial that is there:

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
from .rule import Rule, RuleWithMemory, Surroundings
from .source import TrialSource
from .step import Step, Tensor
from .watch import findings

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "EventFile",
    "Events",
    "Finding",
    "Rule",
    "RuleConfigurationError",
    "RuleParameterError",
    "RuleWithMemory",
    "Step",
    "Surroundings",
    "Tensor",
    "build_rule",
    "built_in_rules",
    "evaluate_job",
    "find_rule",
    "findings",
    "steps",
]


def steps(path: str) -> Iterator[Step]:
    """The complete steps that a trial has now, in a folder or at ``s3://bucket/prefix``."""
    return TrialSource(path).poll()
