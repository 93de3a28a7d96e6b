"""Parses policy documents. Errors name the place and the fix."""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest

from .conditions import MalformedCondition, compile_conditions

if TYPE_CHECKING:
    from collections.abc import Iterator


class MalformedPolicy(BadRequest):
    code = "MalformedPolicyDocument"


class PolicyKind(Enum):
    """An identity policy says what its owner may do. A trust policy says who may assume a role."""

    IDENTITY = "identity"
    TRUST = "trust"


VERSIONS = ("2012-10-17", "2008-10-17")

_MEMBERS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_MEMBERS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_PRINCIPALS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_ACTION = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+")


def read_statements(text: str, kind: PolicyKind) -> tuple[str, list[dict[str, Any]]]:
    """Returns (version, statements) of a valid document. Raises MalformedPolicy."""
    try:
        document = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise MalformedPolicy(f"Syntax errors in policy: {error}") from None
    if not isinstance(document, dict):
        raise MalformedPolicy("Syntax errors in policy: the document has to be a JSON object")
    _refuse_unknown(document, _MEMBERS, "the document")
    version = document.get("Version", "2008-10-17")
    if version not in VERSIONS:
        raise MalformedPolicy(f'Version: {version!r} is not known; use "2012-10-17"')
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise MalformedPolicy("Statement: there has to be at least one statement")
    seen: set[str] = set()
    for number, statement in enumerate(statements):
        place = f"Statement[{number}]"
        _check_statement(statement, place, kind, variables=version == "2012-10-17")
        sid = statement.get("Sid")
        if sid and sid in seen:
            raise MalformedPolicy(
                f"{place}.Sid: statement IDs (SID) in a single policy must be unique; {sid!r} is not"
            )
        seen.add(sid or "")
    return version, statements


def listed(value: Any) -> list[str]:
    """Returns a list: a policy may write a list of one element without brackets."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member {twice!r} is there twice")
    return found


def _check_statement(statement: Any, place: str, kind: PolicyKind, *, variables: bool) -> None:
    if not isinstance(statement, dict):
        raise MalformedPolicy(f"{place}: has to be a JSON object")
    _refuse_unknown(statement, _STATEMENT_MEMBERS, place)
    if not isinstance(statement.get("Sid", ""), str):
        raise MalformedPolicy(f"{place}.Sid: has to be a string")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy(f"{place}.Effect: has to be Allow or Deny, not {statement.get('Effect')!r}")
    for action in _one_of(statement, "Action", "NotAction", place, "Policy statement must contain actions."):
        if action != "*" and ":" not in action:
            raise MalformedPolicy(
                f"{place}.Action: {action!r}: Actions/Conditions must be prefaced by a vendor, "
                "e.g., iam, s3, sagemaker, etc."
            )
        if not _ACTION.fullmatch(action):
            raise MalformedPolicy(f"{place}.Action: {action!r} is not of the form service:Action")
    if kind is PolicyKind.TRUST:
        _check_principals(statement, place)
    else:
        _check_resources(statement, place)
    try:
        compile_conditions(statement.get("Condition", {}), variables=variables)
    except MalformedCondition as error:
        raise MalformedPolicy(f"{place}.Condition: {error}") from None


def _check_resources(statement: dict[str, Any], place: str) -> None:
    _refuse_present(
        statement, ("Principal", "NotPrincipal"), place, "Policy document should not specify a principal."
    )
    for resource in _one_of(
        statement, "Resource", "NotResource", place, "Policy statement must contain resources."
    ):
        # Variables contain colons too.
        plain = re.sub(r"\$\{[^}]*\}", "x", resource)
        if plain != "*" and (not plain.startswith("arn:") or plain.count(":") < 5):
            raise MalformedPolicy(
                f"{place}.Resource: Resource {resource} must be in ARN format "
                'arn:partition:service:region:account:resource or "*".'
            )


def _check_principals(statement: dict[str, Any], place: str) -> None:
    _refuse_present(statement, ("Resource", "NotResource"), place, "Has prohibited field Resource.")
    if ("Principal" in statement) == ("NotPrincipal" in statement):
        raise MalformedPolicy(
            f"{place}: Missing required field Principal; give one of Principal and NotPrincipal"
        )
    principals = statement.get("Principal", statement.get("NotPrincipal"))
    if principals == "*":
        return
    if not isinstance(principals, dict) or not principals:
        raise MalformedPolicy(
            f'{place}.Principal: has to be "*" or an object such as {{"Service": "sagemaker.amazonaws.com"}}'
        )
    _refuse_unknown(principals, _PRINCIPALS, f"{place}.Principal")
    for family, names in principals.items():
        if not _are_strings(names):
            raise MalformedPolicy(f"{place}.Principal.{family}: has to be a string or a list of strings")
        for name in listed(names):
            if family == "AWS" and not re.fullmatch(
                r"\*|\d{12}|arn:[\w-]+:(iam|sts)::\d{12}:.+|A[A-Z0-9]{15,}", name
            ):
                raise MalformedPolicy(f'{place}.Principal.AWS: Invalid principal in policy: "AWS":"{name}"')


def _one_of(statement: dict[str, Any], plain: str, negated: str, place: str, missing: str) -> Iterator[str]:
    if plain in statement and negated in statement:
        raise MalformedPolicy(f"{place}: give one of {plain} and {negated}, not both")
    name = negated if negated in statement else plain
    values = statement.get(name)
    if values is None or values == []:
        raise MalformedPolicy(f"{place}.{plain}: {missing}")
    if not _are_strings(values):
        raise MalformedPolicy(f"{place}.{name}: has to be a string or a list of strings")
    yield from listed(values)


def _are_strings(values: Any) -> bool:
    return bool(values) and all(isinstance(value, str) for value in listed(values))


def _refuse_unknown(found: dict[str, Any], known: frozenset[str], place: str) -> None:
    for name in found:
        if name not in known:
            raise MalformedPolicy(f"{place}: {name!r} is not one of {', '.join(sorted(known))}")


def _refuse_present(statement: dict[str, Any], names: tuple[str, ...], place: str, reason: str) -> None:
    for name in names:
        if name in statement:
            raise MalformedPolicy(f"{place}.{name}: {reason}")
