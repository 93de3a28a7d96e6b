"""What operations on users, roles and policies have in common: look-up, errors, responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from clary.domain.errors import BadRequest, Conflict, LimitExceeded, NotFound
from clary.domain.identity import PrincipalKind
from clary.services.access.directory import POLICY, ROLE, USER, record_name
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_iam.type_defs import TagTypeDef

    from clary.services.context import Context, Document

NOUNS = {USER: "user", ROLE: "role", POLICY: "policy"}
NAME_MEMBERS = {USER: "UserName", ROLE: "RoleName", POLICY: "PolicyName"}

TAG_LIMIT = 50


def get_entity(ctx: Context, kind: str, name: str) -> Document:
    """Returns a user or a role by name. Raises NoSuchEntity."""
    found = ctx.records.find(kind, record_name(kind, name))
    if found is None:
        raise no_such(kind, name)
    return found


def named_or_self(ctx: Context, request: Mapping[str, Any]) -> str:
    """Returns the user in a request, else the caller. Raises ValidationError."""
    if "UserName" in request:
        return str(request["UserName"])
    if ctx.caller.kind is not PrincipalKind.USER:
        raise BadRequest(
            "Must specify userName when calling with non-User credentials", code="ValidationError"
        )
    return ctx.caller.name


def change_entity(
    ctx: Context, kind: str, name: str, changes: Callable[[Document], Mapping[str, Any]]
) -> Document:
    """Raises NoSuchEntity. ``changes`` runs inside the transaction."""
    try:
        return ctx.records.update(kind, record_name(kind, name), changes)
    except RecordMissing:
        raise no_such(kind, name) from None


def no_such(kind: str, name: str) -> NotFound:
    return NotFound(
        f"The {NOUNS[kind]} with name {name} cannot be found.", code="NoSuchEntity", http_status=404
    )


def nothing_there(message: str) -> NotFound:
    return NotFound(message, code="NoSuchEntity", http_status=404)


def exists_already(kind: str, name: str) -> Conflict:
    return Conflict(
        f"{NOUNS[kind].capitalize()} with name {name} already exists.",
        code="EntityAlreadyExists",
        http_status=409,
    )


def delete_conflict(message: str) -> Conflict:
    return Conflict(message, code="DeleteConflict", http_status=409)


def limit_exceeded(message: str) -> LimitExceeded:
    return LimitExceeded(message, code="LimitExceeded", http_status=409)


def invalid_input(message: str) -> BadRequest:
    return BadRequest(message, code="InvalidInput")


def encoded(document: str) -> str:
    """Returns a policy document percent-encoded (RFC 3986), as IAM does; clients decode it."""
    return quote(document, safe="")


def with_date(document: Document) -> Document:
    """Returns the document of a user, role or policy for a response."""
    return {**document, "CreateDate": document["CreationTime"]}


def check_size(document: str, limit: int, what: str) -> None:
    """Raises LimitExceeded for a document that is too long. White space does not count, as on AWS."""
    size = sum(1 for character in document if not character.isspace())
    if size > limit:
        raise limit_exceeded(f"Maximum policy size of {limit} bytes exceeded for {what}: it has {size}")


def checked_tags(tags: Sequence[TagTypeDef]) -> list[TagTypeDef]:
    """Returns new tags, of which no two have the same key. Raises InvalidInput, LimitExceeded."""
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) != len(keys):
        raise invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key in keys:
        if key.startswith("aws:"):
            raise invalid_input(
                f"The tag key {key!r} begins with aws:, which is kept for AWS; choose another"
            )
    if len(tags) > TAG_LIMIT:
        raise limit_exceeded(f"Cannot exceed quota for TagsPerResource: {TAG_LIMIT}")
    return list(tags)


def added_tags(present: Sequence[TagTypeDef], new: Sequence[TagTypeDef]) -> list[TagTypeDef]:
    """Returns the present tags with ``new`` added. A key that is there gets the new value in its place."""
    merged = {tag["Key"].lower(): tag for tag in present}
    merged.update({tag["Key"].lower(): tag for tag in checked_tags(new)})
    return checked_tags(list(merged.values()))


def removed_tags(present: Sequence[TagTypeDef], keys: Sequence[str]) -> list[TagTypeDef]:
    gone = {key.lower() for key in keys}
    return [tag for tag in present if tag["Key"].lower() not in gone]
