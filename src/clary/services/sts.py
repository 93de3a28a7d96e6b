"""STS: the identity of the caller, and sessions of roles.

``access.authorize`` has authorized the caller before an operation runs; for AssumeRole that includes the
role's trust policy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clary.domain.arns import assumed_role_arn
from clary.domain.errors import BadRequest, Denied
from clary.domain.identity import PrincipalKind

from .access.directory import ACCESS_KEY, ROLE, directory_of
from .access.document import MalformedPolicy
from .access.policy import compile_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sts.type_defs import (
        AssumeRoleRequestTypeDef,
        GetAccessKeyInfoRequestTypeDef,
        GetSessionTokenRequestTypeDef,
    )

    from clary.domain.identity import Credentials

    from .context import Context, Document

SESSION_POLICY_LIMIT = 2_048
"""The limit of characters of all policies of one session."""

CHAINED_LIMIT_S = 3_600
"""The longest session that one role may assume from another: one hour."""


def get_caller_identity(ctx: Context, request: Mapping[str, Any]) -> Document:
    caller = ctx.caller
    return {"UserId": caller.principal_id, "Account": caller.account, "Arn": caller.arn}


def assume_role(ctx: Context, request: AssumeRoleRequestTypeDef) -> Document:
    """Raises ValidationError for a duration the role does not allow, MalformedPolicyDocument for a policy."""
    role = directory_of(ctx.records).by_arn(ROLE, request["RoleArn"])
    if role is None:
        raise Denied(
            f"User: {ctx.caller.arn} is not authorized to perform: sts:AssumeRole "
            f"on resource: {request['RoleArn']}",
            code="AccessDenied",
            http_status=403,
        )
    duration_s = _duration(ctx, request, role)
    policy = _session_policy(ctx, request)
    tags, transitive = _session_tags(ctx, request)
    session_name = request["RoleSessionName"]
    source_identity = _source_identity(ctx, request)
    arn = assumed_role_arn(ctx.account, role["RoleName"], session_name)
    credentials = ctx.keyring.mint(
        PrincipalKind.ASSUMED_ROLE,
        role["RoleName"],
        arn=arn,
        session_name=session_name,
        ttl_s=duration_s,
        session_policy=policy,
        session_tags=tags,
        transitive_tags=transitive,
        source_identity=source_identity,
    )
    answer: Document = {
        "Credentials": _credentials(credentials),
        "AssumedRoleUser": {"AssumedRoleId": f"{role['RoleId']}:{session_name}", "Arn": arn},
    }
    if policy:
        answer["PackedPolicySize"] = -(-100 * len(policy) // SESSION_POLICY_LIMIT)
    if source_identity:
        answer["SourceIdentity"] = source_identity
    return answer


def get_session_token(ctx: Context, request: GetSessionTokenRequestTypeDef) -> Document:
    """Returns short-lived credentials of the caller. Raises AccessDenied for a caller that is a session."""
    caller = ctx.caller
    if caller.kind is PrincipalKind.ASSUMED_ROLE or not caller.access_key_id.startswith("AKIA"):
        raise Denied(
            "Cannot call GetSessionToken with session credentials", code="AccessDenied", http_status=403
        )
    is_root = caller.kind is PrincipalKind.ROOT
    longest_s = 3_600 if is_root else 129_600
    duration_s = min(request.get("DurationSeconds", 3_600 if is_root else 43_200), longest_s)
    credentials = ctx.keyring.mint(
        caller.kind, caller.name, arn=caller.arn, session_name="", ttl_s=duration_s
    )
    return {"Credentials": _credentials(credentials)}


def get_access_key_info(ctx: Context, request: GetAccessKeyInfoRequestTypeDef) -> Document:
    """Returns the account of a key: that of any session, or of a known user's key. Raises BadRequest."""
    key = request["AccessKeyId"]
    known = (
        key.startswith("ASIA")
        or key == ctx.caller.access_key_id
        or directory_of(ctx.records).find(ACCESS_KEY, key) is not None
    )
    if not known:
        raise BadRequest(f"Invalid Access Key ID: {key} is not a key of this account", code="ValidationError")
    return {"Account": ctx.account}


def _duration(ctx: Context, request: Mapping[str, Any], role: Document) -> int:
    duration_s: int = request.get("DurationSeconds", CHAINED_LIMIT_S)
    if duration_s > role["MaxSessionDuration"]:
        raise BadRequest(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role: "
            f"{duration_s} is more than {role['MaxSessionDuration']}",
            code="ValidationError",
        )
    if ctx.caller.kind is PrincipalKind.ASSUMED_ROLE and duration_s > CHAINED_LIMIT_S:
        raise BadRequest(
            "The requested DurationSeconds exceeds the 1 hour session limit "
            "for roles assumed by role chaining",
            code="ValidationError",
        )
    return duration_s


def _source_identity(ctx: Context, request: Mapping[str, Any]) -> str:
    """Returns the source identity: it is set once, and stays in all sessions that follow from the first."""
    present: str = ctx.caller.source_identity
    given: str = request.get("SourceIdentity", present)
    if present and given != present:
        raise Denied(
            f"SourceIdentity is {given}, but this session has the source identity {present}; leave it out",
            code="AccessDenied",
            http_status=403,
        )
    return given


def _session_tags(ctx: Context, request: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Returns the tags of the new session, and those of them that further sessions inherit."""
    passed_on = {key: value for key, value in ctx.caller.session_tags if key in ctx.caller.transitive_tags}
    taken = {key.lower() for key in passed_on}
    given: dict[str, str] = {}
    for tag in request.get("Tags", ()):
        key = tag["Key"]
        if key.lower() in taken:
            raise BadRequest(
                f"Tags: {key} is given twice, or comes from the session before as a transitive tag",
                code="InvalidParameterValue",
            )
        taken.add(key.lower())
        given[key] = tag["Value"]
    transitive = {key.lower(): key for key in request.get("TransitiveTagKeys", [])}
    unknown = [key for lower, key in transitive.items() if lower not in taken]
    if unknown:
        raise BadRequest(f"TransitiveTagKeys: {unknown[0]} is not among Tags", code="InvalidParameterValue")
    return {**passed_on, **given}, [*passed_on, *(key for key in given if key.lower() in transitive)]


def _session_policy(ctx: Context, request: Mapping[str, Any]) -> str:
    """Returns one policy that allows what any policy of the session allows; empty when there is none."""
    texts = []
    if "Policy" in request:
        compile_policy(request["Policy"])
        texts.append(request["Policy"])
    for described in request.get("PolicyArns", ()):
        text = directory_of(ctx.records).policy_text(described.get("arn", ""))
        if text is None:
            raise MalformedPolicy(f"PolicyArns: there is no policy {described.get('arn')}")
        texts.append(text)
    if not texts:
        return ""
    written = len(request.get("Policy", ""))
    if written > SESSION_POLICY_LIMIT:
        raise BadRequest(
            f"Policy is {written} characters long; a session policy has at most {SESSION_POLICY_LIMIT}",
            code="PackedPolicyTooLarge",
        )
    return texts[0] if len(texts) == 1 else _merged(texts)


def _merged(texts: list[str]) -> str:
    statements: list[Any] = []
    for text in texts:
        found = json.loads(text)["Statement"]
        for statement in found if isinstance(found, list) else [found]:
            # Sids are unique within one document only.
            statements.append({name: value for name, value in statement.items() if name != "Sid"})
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _credentials(credentials: Credentials) -> Document:
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expires_at,
    }
