"""Parses rule configurations.

``RuleParameters``, a map of strings in each element of ``DebugRuleConfigurations`` and
``ProfilerRuleConfigurations``, holds parameters of the service and parameters of the rule. This module
separates them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .actions import Action, read_actions
from .catalogue import AnyRule, find_rule
from .errors import RuleConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER_TRIAL = re.compile(r"other_trial_(\d+)$")
FOR_THE_SERVICE = frozenset({"rule_to_invoke", "source_s3_uri", "action_json", "base_trial", "other_trials"})


@dataclass(frozen=True, slots=True)
class RuleConfiguration:
    """One rule configuration.

    parameters: of the rule only, not parsed yet. other_trials: paths of trials to compare with, in order.
    """

    name: str
    rule: AnyRule
    parameters: Mapping[str, str]
    other_trials: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


def read_configuration(document: Mapping[str, Any]) -> RuleConfiguration:
    """Parses one rule configuration. Raises RuleConfigurationError."""
    given: Mapping[str, str] = document.get("RuleParameters") or {}
    if "source_s3_uri" in given:
        raise RuleConfigurationError(
            "Parameter 'source_s3_uri' belongs to a custom rule, and this is the evaluator of the built-in "
            "rules"
        )
    if "rule_to_invoke" not in given:
        raise RuleConfigurationError("RuleParameters needs 'rule_to_invoke', the name of the rule's class")
    return RuleConfiguration(
        str(document["RuleConfigurationName"]),
        find_rule(given["rule_to_invoke"]),
        {
            name: value
            for name, value in given.items()
            if name not in FOR_THE_SERVICE and not OTHER_TRIAL.match(name)
        },
        _other_trials(given),
        read_actions(given.get("action_json", "")),
    )


def _other_trials(given: Mapping[str, str]) -> tuple[str, ...]:
    numbered = {int(match[1]): path for name, path in given.items() if (match := OTHER_TRIAL.match(name))}
    listed = [path.strip() for path in given.get("other_trials", "").split(",") if path.strip()]
    return (*(numbered[number] for number in sorted(numbered)), *listed)
