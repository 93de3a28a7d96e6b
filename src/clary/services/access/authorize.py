"""Authorizes one request, or raises Denied with AWS's message.

For users and assumed roles their policies decide (``judge.py``), for a host the list in ``hosts``. root may
do everything.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from clary.domain.arns import assumed_role_arn
from clary.domain.errors import BadRequest, Denied, PlatformError
from clary.domain.identity import Caller, PrincipalKind

from .directory import ROLE, directory_of
from .hosts import host_may
from .judge import Judge, Verdict
from .policy import Effect, PolicyDecision
from .requirements import Requirement, Scope, requirements
from .requirements.sagemaker import job_arn, passed_roles
from .trust import Principal, Trust, trust_of, trusts_service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.store.records import Records

    from .directory import Directory
    from .facts import RequestFacts
    from .requirements import TagsOf

ROLE_SESSION = "SageMaker"
"""The name of a job's session of its role."""

_SPOKEN_IN_XML = frozenset({"s3", "iam", "sts"})


def authorize(
    caller: Caller,
    records: Records,
    service: str,
    operation: str,
    params: dict[str, Any],
    *,
    account: str,
    region: str,
    facts: RequestFacts,
    now: float,
    tags_of: TagsOf,
) -> None:
    """Raises Denied, and ValidationException for a passed role that SageMaker could not assume."""
    if caller.kind is PrincipalKind.HOST or service == "clary":
        _authorize_host(caller, service, operation, params, records)
        return
    directory = directory_of(records)
    scope = Scope(account, region, caller, directory, records.find_by_arn, tags_of)
    assuming = service == "sts" and operation == "AssumeRole"
    if assuming or caller.kind is not PrincipalKind.ROOT:
        judge = Judge(caller, directory, region, facts, now, tags_of)
        for requirement in requirements(service, operation, params, scope):
            if assuming:
                _authorize_assuming(judge, requirement)
                continue
            verdict = judge.decide(requirement)
            if not verdict.allowed:
                raise _denied(caller, service, requirement, verdict)
    if service == "sagemaker":
        for role in passed_roles(operation, params, scope):
            _check_passed_role(directory, role, account, job_arn(operation, params, scope))


def may(
    caller: Caller,
    records: Records,
    action: str,
    resource: str,
    *,
    facts: RequestFacts,
    now: float,
    region: str,
    tags_of: TagsOf,
    context: Mapping[str, str | Sequence[str]] | None = None,
) -> bool:
    """May the caller do ``action`` on ``resource``? ``context``: condition keys in lower case."""
    if caller.kind is PrincipalKind.HOST:
        return False
    judge = Judge(caller, directory_of(records), region, facts, now, tags_of)
    return judge.decide(Requirement(action, resource, context or {})).allowed


class RoleMay:
    """Tells whether a job with an execution role may do something, as if the job sent this request."""

    def __init__(
        self,
        records: Records,
        *,
        account: str,
        region: str,
        facts: RequestFacts,
        now: float,
        tags_of: TagsOf,
    ) -> None:
        self._directory = directory_of(records)
        self._account = account
        self._now = now
        self._judge = partial(Judge, region=region, facts=facts, now=now, tags_of=tags_of)
        self._judges: dict[str, Judge] = {}

    def __call__(
        self, role_arn: str, action: str, resource: str, context: Mapping[str, str] | None = None, /
    ) -> bool:
        """context: condition keys of this action, in lower case. False also when there is no such role."""
        # One judge serves the thousand objects of a page.
        judge = self._judges.get(role_arn)
        if judge is None:
            session = self._session(role_arn)
            if session is None:
                return False
            judge = self._judges[role_arn] = self._judge(session, self._directory)
        return judge.decide(Requirement(action, resource, context or {})).allowed

    def _session(self, role_arn: str) -> Caller | None:
        role = self._directory.by_arn(ROLE, role_arn)
        if role is None:
            return None
        name = role["RoleName"]
        return Caller(
            kind=PrincipalKind.ASSUMED_ROLE,
            account=self._account,
            arn=assumed_role_arn(self._account, name, ROLE_SESSION),
            name=name,
            access_key_id="",
            principal_id=f"{role['RoleId']}:{ROLE_SESSION}",
            session_name=ROLE_SESSION,
            # A job's credentials are renewed all the time.
            issued_at=self._now,
        )


def _authorize_assuming(judge: Judge, requirement: Requirement) -> None:
    """Role and caller's policies both have to allow it, unless the role's trust policy names the caller."""
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
    # The same message for a missing role and for a refusal, so that nobody can find out which roles exist.
    return Denied(
        f"User: {caller.arn} is not authorized to perform: {requirement.action} "
        f"on resource: {requirement.resource}",
        code="AccessDenied",
        http_status=403,
    )


def _check_passed_role(directory: Directory, arn: str, account: str, source_arn: str) -> None:
    role = directory.by_arn(ROLE, arn)
    if role is None or not trusts_service(role["_trust"], arn, account=account, source_arn=source_arn):
        raise BadRequest(
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
            "'sagemaker.amazonaws.com' to assume the role."
        )


def _authorize_host(
    caller: Caller, service: str, operation: str, params: dict[str, Any], records: Records
) -> None:
    if caller.kind is PrincipalKind.ROOT or host_may(caller, service, operation, params, records):
        return
    resource = params.get("Host") or params.get("logStreamName") or "*"
    raise _denied(
        caller,
        service,
        Requirement(f"{service}:{operation}", str(resource)),
        Verdict(PolicyDecision(Effect.IMPLICIT_DENY)),
    )


def _denied(caller: Caller, service: str, requirement: Requirement, verdict: Verdict) -> Denied:
    action = requirement.action
    explicit = verdict.decision.effect is Effect.EXPLICIT_DENY
    # When the identity's own policies do not allow the action, the message names them, not the limits.
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
