"""Random policies with conditions, compared with a second, independent implementation."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.services.access.world import ACCOUNT, REGION, World, policy

from clary.domain.errors import Denied
from clary.services.access.resource_tags import ResourceTags
from clary.services.iam import role, role_policy
from clary.services.s3 import bucket, object, object_tagging

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS: dict[str, tuple[str, str, dict[str, Any], dict[str, str]]] = {
    "s3:GetObject": (
        "s3",
        "GetObject",
        {"Bucket": "data", "Key": "k"},
        {"s3:ExistingObjectTag/level": "secret"},
    ),
    "s3:PutObject": (
        "s3",
        "PutObject",
        {"Bucket": "data", "Key": "new", "ACL": "private"},
        {"s3:x-amz-acl": "private", "s3:ObjectCreationOperation": "true"},
    ),
    "s3:ListBucket": (
        "s3",
        "ListObjectsV2",
        {"Bucket": "data", "Prefix": "p/", "Delimiter": "/"},
        {"s3:prefix": "p/", "s3:delimiter": "/"},
    ),
    "logs:PutLogEvents": (
        "logs",
        "PutLogEvents",
        {"logGroupName": "g", "logStreamName": "s"},
        {"aws:ResourceTag/level": "secret"},
    ),
    "sagemaker:StopTrainingJob": (
        "sagemaker",
        "StopTrainingJob",
        {"TrainingJobName": "J"},
        {"aws:ResourceTag/level": "secret", "sagemaker:ResourceTag/level": "secret"},
    ),
    "iam:DeleteRole": (
        "iam",
        "DeleteRole",
        {"RoleName": "tagged"},
        {"aws:ResourceTag/level": "secret", "iam:ResourceTag/level": "secret"},
    ),
}
"""Action to service, operation, parameters, and what conditions find of those, beside ``OF_ALL``."""

OF_ALL = {
    "aws:PrincipalTag/team": "red",
    "aws:PrincipalType": "AssumedRole",
    "aws:PrincipalAccount": ACCOUNT,
    "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/Runner",
    "aws:RequestedRegion": REGION,
    "aws:SecureTransport": "false",
    "aws:SourceIp": "127.0.0.1",
    "aws:CurrentTime": "2027-01-15T08:00:00Z",
    "aws:TokenIssueTime": "2027-01-15T08:00:00Z",
    "s3:authType": "REST-HEADER",
}
KEYS = sorted({*OF_ALL, *(key for *_, own in REQUESTS.values() for key in own)})
VALUES = sorted(
    {*OF_ALL.values(), *(value for *_, own in REQUESTS.values() for value in own.values()), "other"}
)

conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringLike", "Null"]),
    st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES), st.booleans()),
    max_size=2,
)
statements = st.lists(
    st.tuples(
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(["*", "s3:*", "s3:*Object", "logs:*", "iam:*", "sagemaker:Stop*", *REQUESTS]),
        conditions,
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    ctx = made.context()
    secret = {"Key": "level", "Value": "secret"}
    made.role("Runner")
    role.tag_role(ctx, {"RoleName": "Runner", "Tags": [{"Key": "team", "Value": "red"}]})
    made.role("tagged")
    role.tag_role(ctx, {"RoleName": "tagged", "Tags": [secret]})
    made.tags.put(f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g", {"level": "secret"})
    made.tags.put(f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/j", {"level": "secret"})
    bucket.create_bucket(ctx, {"Bucket": "data", "CreateBucketConfiguration": {"LocationConstraint": REGION}})
    writer = ctx.blobs.stage()
    writer.write(b"x")
    object.put_object(ctx, {"Bucket": "data", "Key": "k", "Body": writer.finish()})
    object_tagging.put_object_tagging(ctx, {"Bucket": "data", "Key": "k", "Tagging": {"TagSet": [secret]}})
    assert ResourceTags(made.records, made.tags, made.blobs.objects).of("arn:aws:s3:::data/k") == {
        "level": "secret"
    }
    yield made
    made.database.close()


@settings(max_examples=150, deadline=None)
@given(found=statements, action=st.sampled_from(sorted(REQUESTS)))
def test_a_random_policy_is_decided_as_it_reads(world: World, found: list[Any], action: str) -> None:
    service, operation, params, own = REQUESTS[action]
    document = policy(*[_statement(*each) for each in found])
    role_policy.put_role_policy(
        world.context(), {"RoleName": "Runner", "PolicyName": "p", "PolicyDocument": document}
    )

    try:
        world.ask(world.session("Runner"), service, operation, params)
        allowed = True
    except Denied:
        allowed = False

    known = {**OF_ALL, **own}
    effects = {
        effect
        for effect, pattern, asked in found
        if fnmatchcase(action, pattern) and all(_holds(name, *test, known) for name, test in asked.items())
    }
    assert allowed == (effects == {"Allow"})


def _statement(effect: str, action: str, asked: dict[str, tuple[str, str, bool]]) -> dict[str, Any]:
    block = {
        name: {key: missing if name == "Null" else value} for name, (key, value, missing) in asked.items()
    }
    return {"Effect": effect, "Action": action, "Resource": "*", "Condition": block}


def _holds(operator: str, key: str, value: str, missing: bool, known: dict[str, str]) -> bool:
    found = known.get(key)
    if operator == "Null":
        return (found is None) == missing
    if operator == "StringNotEquals":
        return found != value
    if operator == "StringEqualsIfExists":
        return found is None or found == value
    return found == value
