"""Simulates policies, with the code that authorizes real requests.

SDK v3 simulates the policies of its execution role before it starts a job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.services.access.directory import ROLE, USER, NamedPolicy, directory_of
from clary.services.access.policy import Effect, compile_policy, evaluate

from ._entities import invalid_input, nothing_there
from ._paging import page_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_iam.type_defs import (
        SimulateCustomPolicyRequestTypeDef,
        SimulatePrincipalPolicyRequestTypeDef,
    )

    from clary.services.access.policy import Policy
    from clary.services.context import Context, Document


def simulate_principal_policy(ctx: Context, request: SimulatePrincipalPolicyRequestTypeDef) -> Document:
    """Simulates a user's or role's policies and boundary, and the policies in ``PolicyInputList``.

    Raises NoSuchEntity, and InvalidInput for an ARN that is not of a user or role.
    """
    arn = request["PolicySourceArn"]
    directory = directory_of(ctx.records)
    kind = next((kind for noun, kind in ((":role/", ROLE), (":user/", USER)) if noun in arn), None)
    if kind is None:
        raise invalid_input(f"PolicySourceArn {arn} is not the ARN of a user or a role")
    found = directory.by_arn(kind, arn)
    identity = None if found is None else directory.identity(kind, arn.rpartition("/")[2])
    if identity is None:
        raise nothing_there(f"{arn} does not exist; PolicySourceArn has to name a user or a role")
    known: dict[str, Any] = {"aws:principalarn": arn, "aws:principalaccount": ctx.account}
    if kind == USER:
        known |= {"aws:username": identity.document["UserName"], "aws:userid": identity.document["UserId"]}
    boundaries = _inputs(request, "PermissionsBoundaryPolicyInputList")
    if not boundaries and identity.boundary is not None:
        boundaries = [NamedPolicy("PermissionsBoundary", "user-managed", identity.boundary)]
    return _simulate([*identity.named, *_inputs(request, "PolicyInputList")], boundaries, known, request)


def simulate_custom_policy(ctx: Context, request: SimulateCustomPolicyRequestTypeDef) -> Document:
    """Simulates the policies in the request only."""
    return _simulate(
        _inputs(request, "PolicyInputList"),
        _inputs(request, "PermissionsBoundaryPolicyInputList"),
        {},
        request,
    )


def _inputs(request: Mapping[str, Any], member: str) -> list[NamedPolicy]:
    return [
        NamedPolicy(f"{member}.{number}", "none", compile_policy(text))
        for number, text in enumerate(request.get(member, ()), 1)
    ]


def _simulate(
    named: Sequence[NamedPolicy],
    boundaries: Sequence[NamedPolicy],
    known: Mapping[str, Any],
    request: Mapping[str, Any],
) -> Document:
    if "ResourcePolicy" in request:
        raise invalid_input("ResourcePolicy can't be simulated: resources here have no policies of their own")
    context = {**known, **_context(request)}
    results = [
        (f"{first:06d}/{second:06d}", _result(named, boundaries, action, resource, context))
        for first, action in enumerate(request["ActionNames"])
        for second, resource in enumerate(request.get("ResourceArns") or ["*"])
    ]
    page, more = page_of(results, lambda pair: pair[0], request)
    return {"EvaluationResults": [result for _, result in page], **more}


def _context(request: Mapping[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = {}
    for entry in request.get("ContextEntries", ()):
        values = [str(value) for value in entry.get("ContextKeyValues", ())]
        several = str(entry.get("ContextKeyType", "")).endswith("List") or len(values) != 1
        context[str(entry.get("ContextKeyName", "")).lower()] = values if several else values[0]
    return context


def _result(
    named: Sequence[NamedPolicy],
    boundaries: Sequence[NamedPolicy],
    action: str,
    resource: str,
    context: Mapping[str, Any],
) -> Document:
    decision = evaluate([found.policy for found in named], action, resource, context)
    effect = decision.effect
    bounded = evaluate([found.policy for found in boundaries], action, resource, context)
    if boundaries and not bounded.allowed and effect is not Effect.EXPLICIT_DENY:
        effect = bounded.effect
    policies: list[Policy] = [found.policy for found in (*named, *boundaries)]
    missing = sorted({key for policy in policies for key in policy.context_keys} - set(context))
    result: Document = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": effect.value,
        "MatchedStatements": [],
        "MissingContextValues": missing,
    }
    if boundaries:
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": bounded.allowed}
    if effect is decision.effect and decision.policy >= 0:
        source = named[decision.policy]
        result["MatchedStatements"] = [{"SourcePolicyId": source.name, "SourcePolicyType": source.source}]
    return result
