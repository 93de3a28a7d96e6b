"""The verdict on one request: nothing, or Denied with AWS's sentence.

root            everything
user            its policies, within its boundary
assumed role    the role's policies, within its boundary, within the session's policy
host            what ``hosts`` lists for its own job
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest, Denied, PlatformError
from clary.domain.identity import PrincipalKind

from .directory import ROLE, USER, directory_of
from .hosts import host_may
from .policy import Decision, Effect, compile_policy, evaluate
from .requirements import Requirement, requirements
from .requirements.sagemaker import passed_roles
from .trust import Principal, Trust, trust_of, trusts_service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clary.domain.identity import Caller
    from clary.store.records import Records

    from .directory import Directory, Identity

_SPOKEN_IN_XML = frozenset({"s3", "iam", "sts"})


@dataclass(frozen=True, slots=True)
class _Verdict:
    """``decision`` is that of the identity's own policies, or the explicit deny of a limit.

    limit: the boundary or session policy that does not let the action through; empty when none objects.
    """

    decision: Decision
    limit: str = ""

    @property
    def allowed(self) -> bool:
        return self.decision.allowed and not self.limit


def authorize(
    caller: Caller,
    records: Records,
    service: str,
    operation: str,
    params: dict[str, Any],
    *,
    account: str,
    region: str,
    source_ip: str,
    now: float,
    resource_tags: Callable[[str], Mapping[str, str]] | None = None,
) -> None:
    """Raises Denied, and ValidationException for a passed role that SageMaker could not assume."""
    if caller.kind is PrincipalKind.HOST or service == "clary":
        _authorize_host(caller, service, operation, params)
        return
    directory = directory_of(records)
    needed = requirements(service, operation, params, account, region, caller=caller, directory=directory)
    judge = _Judge(caller, directory, region, source_ip, now, resource_tags)
    if service == "sts" and operation == "AssumeRole":
        _authorize_assuming(judge, needed[0])
        return
    for requirement in needed:
        verdict = judge.decide(requirement)
        if not verdict.allowed:
            raise _denied(caller, service, requirement, verdict)
    if service == "sagemaker":
        for role in passed_roles(operation, params):
            _check_passed_role(directory, role)


def may(
    caller: Caller,
    records: Records,
    action: str,
    resource: str,
    *,
    source_ip: str,
    now: float,
    region: str = "",
    context: Mapping[str, str | Sequence[str]] | None = None,
) -> bool:
    """May the caller do ``action`` on ``resource``? ``context``: condition keys in lower case."""
    if caller.kind is PrincipalKind.HOST:
        return False
    judge = _Judge(caller, directory_of(records), region, source_ip, now, None)
    return judge.decide(Requirement(action, resource, context or {})).allowed


def role_may(
    records: Records,
    role_arn: str,
    action: str,
    resource: str,
    context: Mapping[str, str | Sequence[str]] | None = None,
) -> bool:
    """Do the policies of a role allow it? False also when there is no such role."""
    directory = directory_of(records)
    role = directory.by_arn(ROLE, role_arn)
    identity = None if role is None else directory.identity(ROLE, role["RoleName"])
    if identity is None:
        return False
    known = {"aws:principalarn": role_arn, **(context or {})}
    return _within(identity, "", action, resource, known).allowed


@dataclass(slots=True)
class _Judge:
    """What is the same for every requirement of one request."""

    caller: Caller
    directory: Directory
    region: str
    source_ip: str
    now: float
    resource_tags: Callable[[str], Mapping[str, str]] | None
    _identity: Identity | None = None
    _context: dict[str, str | Sequence[str]] | None = None

    def identity(self) -> Identity | None:
        if self._identity is None and self.caller.kind is not PrincipalKind.ROOT:
            kind = USER if self.caller.kind is PrincipalKind.USER else ROLE
            self._identity = self.directory.identity(kind, self.caller.name)
        return self._identity

    def decide(self, requirement: Requirement) -> _Verdict:
        if self.caller.kind is PrincipalKind.ROOT:
            return _Verdict(Decision(Effect.ALLOWED))
        identity = self.identity()
        if identity is None:
            return _Verdict(Decision(Effect.IMPLICIT_DENY))
        return _within(
            identity,
            self.caller.session_policy,
            requirement.action,
            requirement.resource,
            self.context(requirement),
        )

    def context(self, requirement: Requirement) -> Mapping[str, str | Sequence[str]]:
        """Everything conditions may ask, keys in lower case."""
        if self._context is None:
            self._context = _about_caller(self)
        context = {**self._context, **requirement.context}
        identity = self.identity()
        if self.resource_tags is not None and identity is not None:
            asked = any(key.startswith("aws:resourcetag/") for key in identity.context_keys)
            if asked or self.caller.session_policy:
                tags = self.resource_tags(requirement.resource)
                context.update({f"aws:resourcetag/{key.lower()}": value for key, value in tags.items()})
        return context


def _within(
    identity: Identity,
    session_policy: str,
    action: str,
    resource: str,
    context: Mapping[str, str | Sequence[str]],
) -> _Verdict:
    decision = evaluate(identity.policies, action, resource, context)
    if decision.effect is Effect.EXPLICIT_DENY:
        return _Verdict(decision)
    limits = [("permissions boundary", identity.boundary)] if identity.boundary is not None else []
    if session_policy:
        limits.append(("session policy", compile_policy(session_policy)))
    for name, policy in limits:
        limited = evaluate([policy], action, resource, context)
        if not limited.allowed:
            return _Verdict(limited if limited.effect is Effect.EXPLICIT_DENY else decision, name)
    return _Verdict(decision)


def _about_caller(judge: _Judge) -> dict[str, str | Sequence[str]]:
    caller, now = judge.caller, judge.now
    context: dict[str, str | Sequence[str]] = {
        "aws:sourceip": judge.source_ip,
        "aws:currenttime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "aws:epochtime": str(int(now)),
        "aws:requestedregion": judge.region,
        # A TLS-ending proxy may stand before us, but the wire we see is plain.
        "aws:securetransport": "false",
        "aws:principalaccount": caller.account,
        "aws:principalarn": caller.arn,
        "aws:userid": caller.principal_id,
        "aws:principaltype": _PRINCIPAL_TYPES[caller.kind],
    }
    if caller.kind is PrincipalKind.USER:
        context["aws:username"] = caller.name
    identity = judge.identity()
    if identity is not None:
        # Of a session this is the role's ARN, not the session's.
        context["aws:principalarn"] = identity.document["Arn"]
        for tag in identity.document.get("Tags", ()):
            context[f"aws:principaltag/{tag['Key'].lower()}"] = tag["Value"]
    return context


_PRINCIPAL_TYPES = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ASSUMED_ROLE: "AssumedRole",
    PrincipalKind.HOST: "Host",
}


def _authorize_assuming(judge: _Judge, requirement: Requirement) -> None:
    """Both sides have to agree, but a role that names its caller has agreed for both."""
    caller = judge.caller
    role = judge.directory.by_arn(ROLE, requirement.resource)
    if role is None:
        raise _cannot_assume(caller, requirement)
    identity = judge.identity()
    names = {caller.arn, *([identity.document["Arn"]] if identity is not None else [])}
    principal = Principal(account=caller.account, names=frozenset(names))
    context = judge.context(requirement)
    trust = trust_of(role["_trust"], principal, requirement.action, requirement.resource, context)
    verdict = judge.decide(requirement)
    enough = trust is Trust.NAMED or verdict.decision.allowed
    denied = verdict.decision.effect is Effect.EXPLICIT_DENY or bool(verdict.limit)
    if trust is Trust.NONE or denied or not enough:
        raise _cannot_assume(caller, requirement)


def _cannot_assume(caller: Caller, requirement: Requirement) -> PlatformError:
    # The same words whether the role is missing or says no: who may not become it can't probe for it.
    return Denied(
        f"User: {caller.arn} is not authorized to perform: {requirement.action} "
        f"on resource: {requirement.resource}",
        code="AccessDenied",
        http_status=403,
    )


def _check_passed_role(directory: Directory, arn: str) -> None:
    role = directory.by_arn(ROLE, arn)
    if role is None or not trusts_service(role["_trust"], arn):
        raise BadRequest(
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
            "'sagemaker.amazonaws.com' to assume the role."
        )


def _authorize_host(caller: Caller, service: str, operation: str, params: dict[str, Any]) -> None:
    if caller.kind is PrincipalKind.ROOT or host_may(caller, service, operation, params):
        return
    resource = params.get("Host") or params.get("logStreamName") or "*"
    raise _denied(
        caller,
        service,
        Requirement(f"{service}:{operation}", str(resource)),
        _Verdict(Decision(Effect.IMPLICIT_DENY)),
    )


def _denied(caller: Caller, service: str, requirement: Requirement, verdict: _Verdict) -> Denied:
    action = requirement.action
    explicit = verdict.decision.effect is Effect.EXPLICIT_DENY
    # What the identity's own policies do not allow is theirs to answer for, whatever the limits say.
    blame_limit = verdict.limit and (explicit or verdict.decision.allowed)
    source = verdict.limit if blame_limit else "identity-based policy"
    if explicit:
        article = "an" if source.startswith("i") else "a"
        reason = f"with an explicit deny in {article} {source}"
    else:
        reason = f"because no {source} allows the {action} action"
    message = (
        f"User: {caller.arn} is not authorized to perform: {action} "
        f"on resource: {requirement.resource} {reason}"
    )
    if service in _SPOKEN_IN_XML:
        return Denied(message, code="AccessDenied", http_status=403)
    if service in ("sagemaker-runtime", "sagemaker-metrics"):
        return Denied(message, http_status=403)
    return Denied(message)
