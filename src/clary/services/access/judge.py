"""Decides what one caller may do: by its policies, their limits, and the values of condition keys.

root            everything
user            its policies, within its boundary
assumed role    the role's policies, within its boundary, within the session's policy
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from clary.domain.identity import PrincipalKind

from .directory import ROLE, USER
from .policy import Effect, PolicyDecision, compile_policy, evaluate
from .reference import tag_families

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.domain.identity import Caller

    from .directory import Directory, Identity
    from .facts import RequestFacts
    from .policy import Policy
    from .requirements import Requirement, TagsOf


ABOUT_REQUEST = ("aws:", "s3:")
"""The prefixes of condition keys about the sender and the transport of a request."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``decision`` is that of the identity's own policies, or the explicit deny of a limit.

    limit: the boundary or session policy that does not allow the action; empty when all do.
    """

    decision: PolicyDecision
    limit: str = ""

    @property
    def allowed(self) -> bool:
        return self.decision.allowed and not self.limit


@dataclass(slots=True)
class Judge:
    """The values that all requirements of one request share. now: epoch seconds."""

    caller: Caller
    directory: Directory
    region: str
    facts: RequestFacts
    now: float
    tags_of: TagsOf
    _identity: Identity | None = None
    _context: dict[str, str | Sequence[str]] | None = None

    def identity(self) -> Identity | None:
        if self._identity is None and self.caller.kind is not PrincipalKind.ROOT:
            kind = USER if self.caller.kind is PrincipalKind.USER else ROLE
            self._identity = self.directory.identity(kind, self.caller.name)
        return self._identity

    def decide(self, requirement: Requirement) -> Verdict:
        if self.caller.kind is PrincipalKind.ROOT:
            return Verdict(PolicyDecision(Effect.ALLOWED))
        identity = self.identity()
        if identity is None:
            return Verdict(PolicyDecision(Effect.IMPLICIT_DENY))
        action, resource = requirement.action, requirement.resource
        limits = self._limits(identity)
        asked = identity.context_keys
        if limits:
            asked = asked.union(*(policy.context_keys for _, policy in limits))
        context = self.context(requirement, asked=asked)
        decision = evaluate(identity.policies, action, resource, context)
        if decision.effect is Effect.EXPLICIT_DENY:
            return Verdict(decision)
        for name, policy in limits:
            limited = evaluate([policy], action, resource, context)
            if not limited.allowed:
                return Verdict(limited if limited.effect is Effect.EXPLICIT_DENY else decision, name)
        return Verdict(decision)

    def context(
        self, requirement: Requirement, *, asked: frozenset[str] | None = None
    ) -> Mapping[str, str | Sequence[str]]:
        """Returns the values of condition keys, with keys in lower case.

        asked: the keys that the policies use; None: all. The resource's tags are read only if used.
        """
        if asked is not None and not asked:
            return requirement.context
        context = dict(requirement.context)
        if asked is None or _asks_about_request(asked):
            if self._context is None:
                self._context = _about_request(self)
            context = {**self._context, **context}
        families = tag_families(requirement.action)
        wanted = [family for family in families if asked is None or _asks(family, asked)]
        if wanted:
            version = requirement.context.get("s3:versionid", "")
            tags = self.tags_of(requirement.resource, str(version))
            context.update({f"{family}{key.lower()}": tags[key] for family in wanted for key in tags})
        return context

    def _limits(self, identity: Identity) -> list[tuple[str, Policy]]:
        limits = [("permissions boundary", identity.boundary)] if identity.boundary is not None else []
        if self.caller.session_policy:
            limits.append(("session policy", compile_policy(self.caller.session_policy)))
        return limits


@lru_cache(maxsize=1024)
def _asks_about_request(asked: frozenset[str]) -> bool:
    return any(key.startswith(ABOUT_REQUEST) for key in asked)


@lru_cache(maxsize=1024)
def _asks(family: str, asked: frozenset[str]) -> bool:
    return any(key.startswith(family) for key in asked)


def _about_request(judge: Judge) -> dict[str, str | Sequence[str]]:
    """Returns the keys that all actions of all services have."""
    caller, facts, now = judge.caller, judge.facts, judge.now
    context: dict[str, str | Sequence[str]] = {
        "aws:sourceip": facts.source_ip,
        "aws:currenttime": _instant(int(now)),
        "aws:epochtime": str(int(now)),
        "aws:requestedregion": judge.region,
        "aws:securetransport": "true" if facts.secure else "false",
        "aws:viaawsservice": "false",
        "aws:principalisawsservice": "false",
        "aws:resourceaccount": caller.account,
        "s3:resourceaccount": caller.account,
        "s3:authtype": facts.auth_type,
        "s3:signatureversion": facts.signature_version,
        **_about_caller(caller, judge.identity()),
    }
    for key, value in (
        ("aws:useragent", facts.user_agent),
        ("aws:referer", facts.referer),
        ("s3:x-amz-content-sha256", facts.content_sha256),
    ):
        if value:
            context[key] = value
    if facts.signature_age_ms is not None:
        context["s3:signatureage"] = str(facts.signature_age_ms)
    return context


def _about_caller(caller: Caller, identity: Identity | None) -> dict[str, str | Sequence[str]]:
    context: dict[str, str | Sequence[str]] = {
        "aws:principalaccount": caller.account,
        "aws:principalarn": caller.arn,
        "aws:userid": caller.principal_id,
        "aws:principaltype": _PRINCIPAL_TYPES[caller.kind],
    }
    if caller.kind is PrincipalKind.USER:
        context["aws:username"] = caller.name
    tags: dict[str, str] = {}
    if identity is not None:
        # For a session this is the ARN of its role, not of the session.
        context["aws:principalarn"] = identity.document["Arn"]
        tags = {tag["Key"].lower(): tag["Value"] for tag in identity.document.get("Tags", ())}
    tags.update((key.lower(), value) for key, value in caller.session_tags)
    context.update({f"aws:principaltag/{key}": value for key, value in tags.items()})
    if caller.source_identity:
        context["aws:sourceidentity"] = caller.source_identity
    if caller.issued_at is not None:
        context["aws:tokenissuetime"] = _instant(int(caller.issued_at))
        # There is no second factor here. For long-term access keys this condition key is absent, as on AWS.
        context["aws:multifactorauthpresent"] = "false"
    return context


@lru_cache(maxsize=256)
def _instant(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


_PRINCIPAL_TYPES = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ASSUMED_ROLE: "AssumedRole",
    PrincipalKind.HOST: "Host",
}
