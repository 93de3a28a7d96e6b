"""What can be wrong with a rule before it has seen any data.

RuleConfigurationError        this rule cannot run; others can
└── RuleParameterError        one parameter, named, with what would be right
"""

from __future__ import annotations


class RuleConfigurationError(ValueError):
    """The configuration of one rule is not good. Its message becomes the rule's StatusDetails."""


class RuleParameterError(RuleConfigurationError):
    """``parameter`` is ``value``, and ``fix`` says what it should be."""

    def __init__(self, parameter: str, value: object, fix: str) -> None:
        super().__init__(f"Parameter '{parameter}' is {value!r}; {fix}")
        self.parameter = parameter
