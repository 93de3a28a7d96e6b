"""The policy of a browser's form upload: what the signer allows in a form, and until when.

    {"expiration": "2026-11-30T12:00:00Z",
     "conditions": [{"bucket": "b"}, ["starts-with", "$key", "user/"], ["content-length-range", 0, 1048576]]}

The user of a form can change every field, so a condition has to name each of them.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.errors import BadRequest, Denied

from .instants import read_instant
from .mismatch import Mismatch

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_LIMIT_BYTES = 5 << 30

_UNNAMED = frozenset({"awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"})
"""Fields that no condition has to name."""

_FREE = ("x-ignore-", "x-amz-checksum-")
"""Nor these: a checksum can only cause a refusal."""


@dataclass(frozen=True, slots=True)
class SizeRange:
    """The sizes that the file may have, in bytes."""

    least: int = 0
    most: int = FILE_LIMIT_BYTES


def check_policy(policy: str, fields: Mapping[str, str], now: float) -> SizeRange:
    """Raises Denied for a form that ``policy`` (base64) does not allow, BadRequest for a malformed policy.

    fields: by names in lower case, with ``bucket`` among them. now: epoch seconds.
    """
    document = _read(policy)
    try:
        expires_at = read_instant(document["expiration"])
    except Mismatch:
        raise _malformed("the expiration is no date") from None
    if now > expires_at:
        raise _refused("Policy expired.")
    size, named = SizeRange(), set(_UNNAMED)
    for condition in document["conditions"]:
        if isinstance(condition, dict) and len(condition) == 1:
            [(name, value)] = condition.items()
            condition = ["eq", f"${name}", value]
        if not isinstance(condition, list) or len(condition) != 3 or not isinstance(condition[0], str):
            raise _malformed("a condition has to be a pair or a list of three")
        operator, subject, value = condition
        if operator.lower() == "content-length-range":
            size = _narrowed(size, subject, value)
        else:
            named.add(_check(operator.lower(), subject, value, fields))
    extra = sorted(name for name in fields if name not in named and not name.startswith(_FREE))
    if extra:
        raise _refused(f"Extra input fields: {', '.join(extra)[:256]}")
    return size


def _read(policy: str) -> dict[str, Any]:
    try:
        document = orjson.loads(base64.b64decode("".join(policy.split()), validate=True))
    except (binascii.Error, ValueError):
        raise _malformed("it is not JSON in base64") from None
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("expiration"), str)
        or not isinstance(document.get("conditions"), list)
    ):
        raise _malformed("it needs an expiration and a list of conditions")
    return document


def _narrowed(size: SizeRange, least: Any, most: Any) -> SizeRange:
    try:
        return SizeRange(max(size.least, int(least)), min(size.most, int(most)))
    except (TypeError, ValueError):
        raise _malformed("content-length-range takes two numbers") from None


def _check(operator: str, subject: Any, value: Any, fields: Mapping[str, str]) -> str:
    """Returns the name of the field that one condition is about."""
    if not isinstance(subject, str) or not subject.startswith("$") or not isinstance(value, str):
        raise _malformed("a condition compares a $field with a text")
    name = subject[1:].lower()
    given = fields.get(name, "")
    if operator == "eq":
        holds = given == value
    elif operator == "starts-with":
        holds = given.startswith(value)
    else:
        raise _malformed(f"there is no condition {operator[:64]!r}")
    if not holds:
        raise _refused(f'Policy Condition failed: ["{operator}", "{subject[:128]}", "{value[:128]}"]')
    return name


def _malformed(why: str) -> BadRequest:
    return BadRequest(
        f"The content of the form does not meet the conditions specified in the policy document: {why}",
        code="InvalidPolicyDocument",
    )


def _refused(why: str) -> Denied:
    return Denied(f"Invalid according to Policy: {why}", code="AccessDenied", http_status=403)
