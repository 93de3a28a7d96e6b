"""Checks the rules that a training job asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.domain.rules import MOST_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.rules import JobRule
    from clary.kinds.stores import Machines

BUILT_IN, CUSTOM = "sagemaker-debugger-rules", "sagemaker-debugger-rule-evaluator"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")


def check_rules(machines: Machines, rules: Sequence[JobRule]) -> None:
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
        if rule.custom and rule.member != "DebugRuleConfigurations":
            raise ValidationError(
                f"{rule.member}: {rule.name} has a source of its own, and such a rule looks at tensors; give "
                "it in DebugRuleConfigurations (Rule.custom)."
            )
        _check_image(machines, rule)
    if len(seen) > MOST_RULES:
        raise ValidationError(
            f"The job has {len(seen)} rules, and {MOST_RULES} are allowed; leave out some of them."
        )


def _check_image(machines: Machines, rule: JobRule) -> None:
    image = rule.configuration["RuleEvaluatorImage"]
    repository = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    if repository in (BUILT_IN, CUSTOM) or (rule.custom and machines.isolates(image)):
        return
    raise ValidationError(
        f"{rule.member}: RuleEvaluatorImage {image} is not served; use {BUILT_IN}:latest for a built-in "
        f"rule, and for one with a source of its own {CUSTOM}:latest, or an image of the container engine "
        "(CLARY_COMPUTE=container) that has Python 3 and smdebug."
    )
