from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from clary.domain.errors import BadRequest, Denied
from clary.wire.post_policy import SizeRange, check_policy

FIELDS = {"bucket": "b", "key": "user/me.txt", "x-amz-meta-colour": "blue", "policy": "", "signature": "s"}
NAMED = [{"bucket": "b"}, ["starts-with", "$key", "user/"], {"x-amz-meta-colour": "blue"}]


def encoded(conditions: Any, expiration: Any = "2026-11-30T12:00:00.000Z") -> str:
    document = {"expiration": expiration, "conditions": conditions}
    return base64.b64encode(json.dumps(document).encode()).decode()


def check(policy: str, fields: dict[str, str] = FIELDS, *, now: float = 0.0) -> SizeRange:
    return check_policy(policy, fields, now)


def test_a_form_within_its_policy_is_allowed() -> None:
    assert check(encoded(NAMED)) == SizeRange()
    assert check(encoded([*NAMED, ["content-length-range", 1, "10"]])) == SizeRange(1, 10)
    ranges = [["content-length-range", 0, 20], ["Content-Length-Range", 5, 100]]
    assert check(encoded([*NAMED, *ranges])) == SizeRange(5, 20)
    assert (
        check(encoded(NAMED), {**FIELDS, "x-ignore-me": "1", "x-amz-checksum-sha256": "=", "file": "f"})
        == SizeRange()
    )
    assert check(encoded([["STARTS-WITH", "$Key", ""], ["eq", "$x-amz-meta-colour", "blue"], NAMED[0]]))


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ([{"bucket": "other"}, *NAMED[1:]], "Policy Condition failed"),
        ([NAMED[0], ["starts-with", "$key", "other/"], NAMED[2]], "Policy Condition failed"),
        ([*NAMED, {"acl": "private"}], "Policy Condition failed"),
        (NAMED[:2], "Extra input fields: x-amz-meta-colour"),
        ([], "Extra input fields"),
    ],
)
def test_a_form_beyond_its_policy_is_refused(conditions: Any, said: str) -> None:
    with pytest.raises(Denied) as caught:
        check(encoded(conditions))

    assert said in caught.value.message
    assert caught.value.http_status == 403


def test_a_policy_ends() -> None:
    with pytest.raises(Denied, match="expired"):
        check(encoded(NAMED), now=1_800_000_000.0)


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "!",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"{").decode(),
        encoded(NAMED, expiration="soon"),
        encoded(NAMED, expiration=7),
        encoded("everything"),
        encoded([7]),
        encoded([["eq", "key", "k"]]),
        encoded([["like", "$key", "k"]]),
        encoded([["eq", "$key", 7]]),
        encoded([["content-length-range", "few", "many"]]),
        encoded([["content-length-range", 1]]),
        encoded([{"bucket": "b", "key": "k"}]),
    ],
)
def test_what_is_no_policy_is_refused(policy: str) -> None:
    with pytest.raises(BadRequest) as caught:
        check(policy)

    assert caught.value.code == "InvalidPolicyDocument"
