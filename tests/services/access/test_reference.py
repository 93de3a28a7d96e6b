"""Compares the table of actions with the operations served and with the contexts of requests."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from tests.services.access.world import ACCOUNT, REGION, World
from tests.wire.samples import as_parsed, sample

from clary.domain.identity import PrincipalKind
from clary.server.registry import MODULES, public_functions
from clary.services.access.directory import directory_of
from clary.services.access.facts import RequestFacts
from clary.services.access.judge import ABOUT_REQUEST, Judge
from clary.services.access.reference import reference
from clary.services.access.requirements import Requirement, Scope, requirements
from clary.services.iam import policy, role_policy, user_policy
from clary.wire.models import service_model

if TYPE_CHECKING:
    from collections.abc import Iterator

SM = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
NAMED = {
    # Members whose samples are no ARNs of the kind that the operation is about.
    "ResourceArn": f"{SM}training-job/j",
    "SourceArn": f"{SM}artifact/a",
    "DestinationArn": f"{SM}experiment-trial-component/c",
    "ArtifactArn": f"{SM}artifact/a",
    "ModelPackageArn": f"{SM}model-package/g/1",
    "ModelPackageArnList": [f"{SM}model-package/g/1"],
    "StartArns": [f"{SM}artifact/a"],
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/somebody",
    "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/somebody",
    "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:role/somebody",
    "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/bounds",
    "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/bounds",
    "UserName": "somebody",
    "Path": "/",
    "PathPrefix": "/",
    "RoleName": "somebody",
    "MetricQueries": [{"ResourceArn": f"{SM}training-job/j"}],
    "resourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g",
    "repositoryName": "r",
    "logGroupName": "g",
    "logGroupIdentifier": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g",
    "CopySource": "from/key?versionId=7",
    "Tagging": "a=1",
    "ExperimentName": "e",
    "TrialName": "t",
    "TrialComponentName": "c",
}
FACTS = RequestFacts(
    "10.1.2.3",
    user_agent="test",
    referer="http://here/",
    auth_type="REST-QUERY-STRING",
    signature_age_ms=5,
    content_sha256="UNSIGNED-PAYLOAD",
)
SERVED = [
    (service, name)
    for service in sorted(set(MODULES) - {"clary", "own", "studio"})
    for functions in [dict(public_functions(service))]
    for name in service_model(service).operation_names
    if xform_name(name) in functions
]
NEED_NOTHING = {"GetCallerIdentity", "GetSessionToken"}


@pytest.fixture
def world(world: World) -> World:
    """With a user and a role within a boundary, and an access key."""
    ctx = world.context()
    policy.create_policy(
        ctx,
        {
            "PolicyName": "bounds",
            "PolicyDocument": '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
        },
    )
    bounds = NAMED["PermissionsBoundary"]
    world.user("somebody")
    world.role("somebody")
    user_policy.put_user_permissions_boundary(ctx, {"UserName": "somebody", "PermissionsBoundary": bounds})
    role_policy.put_role_permissions_boundary(ctx, {"RoleName": "somebody", "PermissionsBoundary": bounds})
    return world


def full_requests(service: str, operation: str) -> Iterator[dict[str, Any]]:
    """Requests that together have every member: with and without a version, with tags of each kind."""
    shape = service_model(service).operation_model(operation).input_shape
    params: dict[str, Any] = as_parsed(shape, sample(shape)) if shape is not None else {}
    known = {member: value for member, value in NAMED.items() if member in params}
    if service == "ecr":
        known["resourceArn"] = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/r"
    if isinstance(params.get("Tagging"), dict):
        known.pop("Tagging")
    params = _with_role(params | known)
    yield params
    yield {member: value for member, value in params.items() if member not in ("VersionId", "CopySource")} | (
        {"CopySource": "from/key"} if "CopySource" in params else {}
    )
    yield {**params, "TaggingDirective": "COPY"}


def tagged(arn: str, version: str = "", /) -> dict[str, str]:
    """Everything has a tag."""
    return {"t": "v"}


def needs(world: World, service: str, operation: str) -> list[Requirement]:
    # Some operations are about the caller, who has to be a user then.
    caller = replace(
        world.root, kind=PrincipalKind.USER, name="somebody", arn=f"arn:aws:iam::{ACCOUNT}:user/somebody"
    )
    key = world.records.find("iam-user", "somebody") or {}
    found = []
    for params in full_requests(service, operation):
        if "AccessKeyId" in params:
            params["AccessKeyId"] = key["_keys"][0]
        scope = Scope(
            ACCOUNT,
            REGION,
            caller,
            directory_of(world.records),
            tags_of=tagged,
        )
        found += requirements(service, operation, params, scope)
    return found


@pytest.mark.parametrize("service", sorted({service for service, _ in SERVED}))
def test_every_operation_served_is_in_the_table_with_its_resources(world: World, service: str) -> None:
    needed = {name: needs(world, service, name) for each, name in SERVED if each == service}

    wrong = [requirement for found in needed.values() for requirement in found if not _is_listed(requirement)]
    assert wrong == []
    assert {name for name, found in needed.items() if not found} <= NEED_NOTHING


def test_every_condition_key_of_the_table_is_in_the_context_of_a_request(world: World) -> None:
    put: dict[str, set[str]] = {}
    for service, operation in SERVED:
        for requirement in needs(world, service, operation):
            judge = Judge(
                world.session("somebody"),
                directory_of(world.records),
                REGION,
                FACTS,
                world.now,
                tags_of=tagged,
            )
            put.setdefault(requirement.action.lower(), set()).update(judge.context(requirement))

    missing = {
        action: sorted(key for key in entry.keys if not any(_is(key, name) for name in put[action]))
        for action, entry in reference().items()
        if action in put
    }
    assert {action: keys for action, keys in missing.items() if keys} == {}


def test_global_keys_are_in_the_context_of_every_request(world: World) -> None:
    judge = Judge(
        world.session("somebody"),
        directory_of(world.records),
        REGION,
        FACTS,
        world.now,
        tags_of=tagged,
    )

    context = judge.context(Requirement("s3:GetObject", "arn:aws:s3:::b/k"))

    wanted = """aws:CurrentTime aws:EpochTime aws:MultiFactorAuthPresent aws:PrincipalAccount aws:PrincipalArn
        aws:PrincipalIsAWSService aws:PrincipalType aws:Referer aws:RequestedRegion aws:ResourceAccount
        aws:SecureTransport aws:SourceIp aws:TokenIssueTime aws:UserAgent aws:userid aws:ViaAWSService"""
    assert set(wanted.lower().split()) <= set(context)
    # A request whose policies ask for no such key is judged without its context.
    assert all(key.startswith(ABOUT_REQUEST) for key in context)


def _with_role(value: Any) -> Any:
    """The same with a role's ARN in the settings of domains and profiles, and in others, at any depth."""
    if isinstance(value, list):
        return [_with_role(each) for each in value]
    if not isinstance(value, dict):
        return value
    role = NAMED["RoleArn"]
    return {
        name: role if name in ("ExecutionRole", "RoleArn", "ValidationRole") else _with_role(each)
        for name, each in value.items()
    }


def _is_listed(requirement: Requirement) -> bool:
    entry = reference().get(requirement.action.lower())
    if entry is None:
        return False
    if not entry.resources:
        return requirement.resource in ("*", "arn:aws:s3:::*")
    return any(fnmatchcase(requirement.resource, pattern) for pattern in entry.resources)


def _is(key: str, name: str) -> bool:
    return name.startswith(key) if key.endswith("/") else name == key
