"""Errors in the configuration of a rule, raised before the rule reads any data.

RuleConfigurationError        this rule can't run; other rules can
└── RuleParameterError        one parameter is wrong; names it and the fix
"""

from __future__ import annotations


class RuleConfigurationError(ValueError):
    """The configuration of one rule is invalid. The message becomes the rule's StatusDetails."""


class RuleParameterError(RuleConfigurationError):
    """One parameter has a wrong value. ``fix`` says what value to give."""

    def __init__(self, parameter: str, value: object, fix: str) -> None:
        super().__init__(f"Parameter '{parameter}' is {value!r}; {fix}")
        self.parameter = parameter
