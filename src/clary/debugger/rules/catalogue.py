"""Finds rules by name. Each module in ``tensor`` and ``profiler`` defines one class, which is a rule.

Other packages add rules with the entry-point group ``clary.debugger.rules``: one entry per class.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from . import profiler, tensor
from .errors import RuleConfigurationError
from .profile_rule import ProfilerRule
from .rule import TensorRule

AnyRule = type[TensorRule] | type[ProfilerRule]

ENTRY_POINTS = "clary.debugger.rules"


def find_rule(name: str) -> AnyRule:
    """The rule that ``rule_to_invoke`` names. Raises RuleConfigurationError for an unknown name."""
    rules = built_in_rules()
    if name not in rules:
        for entry in entry_points(group=ENTRY_POINTS, name=name):
            found: AnyRule = entry.load()
            return found
        near = [known for known in rules if known.lower() == name.lower()]
        hint = f"; is it {near[0]}?" if near else f"; there are {', '.join(sorted(rules))}"
        raise RuleConfigurationError(f"Parameter 'rule_to_invoke' is '{name}', which is no rule{hint}")
    return rules[name]


@cache
def built_in_rules() -> dict[str, AnyRule]:
    """All built-in rules by name."""
    return {rule.__name__: rule for package in (tensor, profiler) for rule in _rules_in(package)}


def _rules_in(package: object) -> list[AnyRule]:
    names = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")  # type: ignore[attr-defined]
    return [_rule_of(module.name) for module in names]


def _rule_of(module_name: str) -> AnyRule:
    module = import_module(module_name)
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module_name
    ]
    (rule,) = [value for value in own if issubclass(value, TensorRule | ProfilerRule)]
    return rule
