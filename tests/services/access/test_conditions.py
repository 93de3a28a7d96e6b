from __future__ import annotations

from typing import Any

import pytest

from clary.services.access.conditions import MalformedCondition, compile_conditions

CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("equal", {"StringEquals": {"s3:prefix": "a"}}, {"s3:prefix": "a"}, True),
    ("case counts", {"StringEquals": {"s3:prefix": "a"}}, {"s3:prefix": "A"}, False),
    ("a star is a star", {"StringEquals": {"s3:prefix": "a*"}}, {"s3:prefix": "ab"}, False),
    ("one of several", {"StringEquals": {"s3:prefix": ["a", "b"]}}, {"s3:prefix": "b"}, True),
    ("missing key", {"StringEquals": {"s3:prefix": "a"}}, {}, False),
    ("missing key, if exists", {"StringEqualsIfExists": {"s3:prefix": "a"}}, {}, True),
    ("key's case", {"StringEquals": {"S3:Prefix": "a"}}, {"s3:prefix": "a"}, True),
    ("operator's case", {"stringequals": {"s3:prefix": "a"}}, {"s3:prefix": "a"}, True),
    ("not equal", {"StringNotEquals": {"s3:prefix": ["a", "b"]}}, {"s3:prefix": "c"}, True),
    ("not equal to one of them", {"StringNotEquals": {"s3:prefix": ["a", "b"]}}, {"s3:prefix": "b"}, False),
    ("not equal, missing", {"StringNotEquals": {"s3:prefix": "a"}}, {}, True),
    ("ignoring case", {"StringEqualsIgnoreCase": {"s3:prefix": "Ab"}}, {"s3:prefix": "aB"}, True),
    ("not, ignoring case", {"StringNotEqualsIgnoreCase": {"s3:prefix": "A"}}, {"s3:prefix": "a"}, False),
    ("like", {"StringLike": {"s3:prefix": "home/*"}}, {"s3:prefix": "home/x"}, True),
    ("not like", {"StringNotLike": {"s3:prefix": "home/*"}}, {"s3:prefix": "home/x"}, False),
    (
        "variable",
        {"StringLike": {"s3:prefix": "${aws:username}/*"}},
        {"s3:prefix": "ada/x", "aws:username": "ada"},
        True,
    ),
    ("number", {"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}, True),
    ("number as number", {"NumericLessThan": {"s3:max-keys": 10}}, {"s3:max-keys": "9"}, True),
    ("number too big", {"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}, False),
    ("number greater", {"NumericGreaterThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "11"}, True),
    ("number at least", {"NumericGreaterThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "9"}, False),
    ("number equal", {"NumericEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10.0"}, True),
    ("number not equal", {"NumericNotEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}, False),
    ("no number", {"NumericEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "ten"}, False),
    (
        "before",
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
        {"aws:currenttime": "2026-11-23T00:00:00Z"},
        True,
    ),
    (
        "after",
        {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01"}},
        {"aws:currenttime": "2026-11-23T00:00:00Z"},
        False,
    ),
    ("epoch", {"DateEquals": {"aws:EpochTime": "1970-01-01T00:01:00Z"}}, {"aws:epochtime": "60"}, True),
    ("bool", {"Bool": {"aws:SecureTransport": "true"}}, {"aws:securetransport": "false"}, False),
    ("bool as bool", {"Bool": {"aws:SecureTransport": False}}, {"aws:securetransport": "false"}, True),
    ("in network", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:sourceip": "10.1.2.3"}, True),
    ("out of network", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:sourceip": "11.1.2.3"}, False),
    ("one address", {"IpAddress": {"aws:SourceIp": "10.0.0.1"}}, {"aws:sourceip": "10.0.0.1"}, True),
    ("not in network", {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:sourceip": "10.1.2.3"}, False),
    ("ipv6", {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, {"aws:sourceip": "2001:db8::1"}, True),
    ("other family", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:sourceip": "::1"}, False),
    (
        "arn",
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x*"}},
        {"aws:principalarn": "arn:aws:iam::1:role/xy"},
        True,
    ),
    (
        "not arn",
        {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}},
        {"aws:principalarn": "arn:aws:iam::1:role/x"},
        False,
    ),
    ("must be missing", {"Null": {"aws:TokenIssueTime": "true"}}, {}, True),
    ("must be missing, is not", {"Null": {"s3:prefix": True}}, {"s3:prefix": "a"}, False),
    ("must be there", {"Null": {"s3:prefix": "false"}}, {"s3:prefix": "a"}, True),
    (
        "all values",
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:tagkeys": ["a", "b"]},
        True,
    ),
    (
        "all values, one astray",
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:tagkeys": ["a", "c"]},
        False,
    ),
    ("all values of none", {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}, {}, True),
    (
        "any value",
        {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
        {"aws:tagkeys": ["c", "a"]},
        True,
    ),
    ("any value of none", {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, {"aws:tagkeys": []}, False),
    (
        "all types allowed",
        {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": "ml.m5.*"}},
        {"sagemaker:instancetypes": ["ml.m5.large", "ml.p4d.24xlarge"]},
        False,
    ),
    (
        "any value not",
        {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}},
        {"aws:tagkeys": ["a", "b"]},
        True,
    ),
    (
        "both have to hold",
        {"StringEquals": {"s3:prefix": "a", "s3:delimiter": "/"}},
        {"s3:prefix": "a", "s3:delimiter": "-"},
        False,
    ),
]


@pytest.mark.parametrize(("block", "context", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_condition_holds(block: dict[str, Any], context: dict[str, Any], expected: bool) -> None:
    conditions = compile_conditions(block, variables=True)

    assert all(condition.holds(context) for condition in conditions) is expected


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ("x", "object"),
        ({"StringEquals": "x"}, "StringEquals"),
        ({"StringEqual": {"s3:prefix": "x"}}, "not a condition operator"),
        ({"SomeValues:StringEquals": {"s3:prefix": "x"}}, "set operator"),
        ({"StringEquals": {"prefix": "x"}}, "prefaced by a vendor"),
        ({"NumericEquals": {"s3:max-keys": "ten"}}, "NumericEquals.s3:max-keys"),
        ({"DateEquals": {"aws:CurrentTime": "soon"}}, "DateEquals.aws:CurrentTime"),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/99"}}, "IpAddress.aws:SourceIp"),
        ({"Null": {"s3:prefix": "maybe"}}, "true or false"),
        ({"StringEquals": {"s3:prefix": []}}, "at least one value"),
        ({"StringEquals": {"s3:prefix": {"a": "b"}}}, "strings, numbers or booleans"),
    ],
)
def test_a_malformed_condition_is_refused_with_its_place(block: object, place: str) -> None:
    with pytest.raises(MalformedCondition, match=place):
        compile_conditions(block, variables=True)
