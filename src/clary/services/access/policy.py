"""The policy language: compiles documents, and evaluates them.

no statement applies   → implicit deny
one that allows        → allowed
one that denies        → explicit deny, even if others allow
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .conditions import Condition, compile_conditions
from .document import PolicyKind, listed, read_statements
from .patterns import ArnPattern, Context, Pattern, Variable, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_KEPT = 1024
"""The most actions whose statements a policy caches."""


class Effect(Enum):
    """Values are IAM's words for them."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """policy, statement: the deciding ones, counted from 0; -1 when none applied."""

    effect: Effect
    policy: int = -1
    statement: int = -1

    @property
    def allowed(self) -> bool:
        return self.effect is Effect.ALLOWED


@dataclass(frozen=True, slots=True)
class Statement:
    allow: bool
    actions: tuple[Pattern, ...]
    all_actions_but: bool
    resources: tuple[ArnPattern, ...]
    all_resources_but: bool
    principals: dict[str, tuple[str, ...]]
    """Of a trust policy: ``AWS``, ``Service``, ``Federated`` to names; ``*`` is ``AWS: ("*",)``."""
    all_principals_but: bool
    conditions: tuple[Condition, ...]

    def is_about(self, action: str) -> bool:
        """Whether the statement names the action, which is in lower case. Actions contain no variables."""
        return any(pattern.matches(action, {}) for pattern in self.actions) != self.all_actions_but

    def holds(self, resource: str, context: Context) -> bool:
        """Whether a statement that names the action applies. The principal is not checked."""
        return any(
            pattern.matches(resource, context) for pattern in self.resources
        ) != self.all_resources_but and all(condition.holds(context) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Policy:
    statements: tuple[Statement, ...]
    context_keys: frozenset[str]
    """All condition keys and variables in the document, in lower case."""
    _about: dict[str, tuple[tuple[int, Statement], ...]] = field(default_factory=dict, compare=False)

    def about(self, action: str) -> tuple[tuple[int, Statement], ...]:
        """Returns the statements that name the action (in lower case), with their numbers. Cached."""
        found = self._about.get(action)
        if found is None:
            if len(self._about) >= MOST_KEPT:
                self._about.clear()
            found = tuple(
                (number, statement)
                for number, statement in enumerate(self.statements)
                if statement.is_about(action)
            )
            self._about[action] = found
        return found


@lru_cache(maxsize=2048)
def compile_policy(text: str, kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    """Raises ``document.MalformedPolicy``, with a message that names the place."""
    version, raw_statements = read_statements(text, kind)
    variables = version == "2012-10-17"
    statements = tuple(_statement(raw, variables) for raw in raw_statements)
    keys = {key for statement in statements for condition in statement.conditions for key in condition.keys}
    if variables:
        keys.update(
            token.key
            for raw in raw_statements
            for resource in listed(raw.get("Resource", raw.get("NotResource")))
            for token in tokenize(resource, wildcards=True, variables=True)
            if isinstance(token, Variable)
        )
    return Policy(statements, frozenset(keys))


def evaluate(policies: Sequence[Policy], action: str, resource: str, context: Context) -> PolicyDecision:
    """Evaluates all policies together. context: keys in lower case."""
    action = action.lower()
    allowed: PolicyDecision | None = None
    for number, policy in enumerate(policies):
        for index, statement in policy.about(action):
            if statement.allow and allowed is not None:
                continue
            if statement.holds(resource, context):
                if not statement.allow:
                    return PolicyDecision(Effect.EXPLICIT_DENY, number, index)
                allowed = PolicyDecision(Effect.ALLOWED, number, index)
    return allowed if allowed is not None else PolicyDecision(Effect.IMPLICIT_DENY)


def _statement(raw: dict[str, Any], variables: bool) -> Statement:
    actions = listed(raw.get("Action", raw.get("NotAction")))
    # A trust policy has no Resource: it is about the role that it belongs to.
    resources = listed(raw.get("Resource", raw.get("NotResource", "*")))
    return Statement(
        allow=raw["Effect"] == "Allow",
        actions=tuple(
            Pattern(tokenize(action.lower(), wildcards=True, variables=False)) for action in actions
        ),
        all_actions_but="NotAction" in raw,
        resources=tuple(
            ArnPattern(tokenize(resource, wildcards=True, variables=variables)) for resource in resources
        ),
        all_resources_but="NotResource" in raw,
        principals=_principals(raw.get("Principal", raw.get("NotPrincipal", {}))),
        all_principals_but="NotPrincipal" in raw,
        conditions=compile_conditions(raw.get("Condition", {}), variables=variables),
    )


def _principals(raw: Any) -> dict[str, tuple[str, ...]]:
    if raw == "*":
        return {"AWS": ("*",)}
    return {family: tuple(listed(names)) for family, names in raw.items()}
