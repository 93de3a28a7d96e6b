"""Checks the rules that a training job asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.domain.rules import MOST_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.rules import JobRule

BUILT_IN, CUSTOM = "sagemaker-debugger-rules", "sagemaker-debugger-rule-evaluator"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")


def check_rules(rules: Sequence[JobRule]) -> None:
    """Raises ValidationError naming the member and the fix."""
    seen: set[str] = set()
    for rule in rules:
        if not _NAME.fullmatch(rule.name):
            raise ValidationError(
                f"{rule.member}: RuleConfigurationName is {rule.name!r}; it names the folder of the rule's "
                "output: give letters, digits, spaces, dots, dashes and underscores, a letter or digit first."
            )
        if rule.name in seen:
            raise ValidationError(
                f"{rule.member} has two rules named {rule.name}; a RuleConfigurationName may be used once."
            )
        seen.add(rule.name)
        repository = rule.configuration["RuleEvaluatorImage"].rpartition("/")[2].partition(":")[0]
        if repository not in (BUILT_IN, CUSTOM):
            raise ValidationError(
                f"{rule.member}: RuleEvaluatorImage {rule.configuration['RuleEvaluatorImage']} is not "
                f"served; use {BUILT_IN}:latest for a built-in rule, or {CUSTOM}:latest for one with a "
                "source of its own."
            )
    if len(seen) > MOST_RULES:
        raise ValidationError(
            f"The job has {len(seen)} rules, and {MOST_RULES} are allowed; leave out some of them."
        )
