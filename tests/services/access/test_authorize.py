from __future__ import annotations

import json
from typing import Any

import pytest
from tests.services.access.world import ACCOUNT, REGION, World, allow, deny, policy, trusting

from clary.domain.errors import BadRequest, Denied
from clary.services.iam import policy as managed
from clary.services.iam import role, role_policy, user, user_policy

BUCKET, OBJECT = "arn:aws:s3:::b", "arn:aws:s3:::b/k"
GET = {"Bucket": "b", "Key": "k"}
JOB = {"TrainingJobName": "j", "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}}


def refused(
    world: World, caller: Any, service: str, operation: str, params: dict[str, Any], **more: Any
) -> str:
    with pytest.raises(Denied) as error:
        world.ask(caller, service, operation, params, **more)
    return error.value.message


def test_root_may_everything(world: World) -> None:
    world.ask(world.root, "s3", "DeleteBucket", {"Bucket": "b"})
    world.ask(world.root, "iam", "DeleteRole", {"RoleName": "r"})


def test_a_user_may_what_its_policy_allows(world: World) -> None:
    ada = world.user("ada", allow("s3:GetObject", on=OBJECT))

    world.ask(ada, "s3", "GetObject", GET)
    assert refused(world, ada, "s3", "PutObject", GET) == (
        f"User: arn:aws:iam::{ACCOUNT}:user/ada is not authorized to perform: s3:PutObject "
        f"on resource: {OBJECT} because no identity-based policy allows the s3:PutObject action"
    )


def test_an_explicit_deny_says_so(world: World) -> None:
    ada = world.user("ada", allow("*"), deny("s3:PutObject"))

    message = refused(world, ada, "s3", "PutObject", GET)

    assert message.endswith("with an explicit deny in an identity-based policy")


def test_a_user_without_policies_may_ask_who_it_is(world: World) -> None:
    world.ask(world.user("ada"), "sts", "GetCallerIdentity", {})


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("s3", "ListBuckets", "AccessDenied", 403),
        ("iam", "ListRoles", "AccessDenied", 403),
        ("sagemaker", "ListTrainingJobs", "AccessDeniedException", 400),
        ("logs", "DescribeLogGroups", "AccessDeniedException", 400),
        ("sagemaker-metrics", "BatchPutMetrics", "AccessDeniedException", 403),
    ],
)
def test_each_service_denies_in_its_own_code(
    world: World, service: str, operation: str, code: str, status: int
) -> None:
    ada = world.user("ada")

    with pytest.raises(Denied) as error:
        world.ask(ada, service, operation, {})

    assert (error.value.code, error.value.http_status) == (code, status)


def test_a_change_of_policy_counts_from_the_next_request(world: World) -> None:
    ada = world.user("ada", allow("s3:GetObject"))
    world.ask(ada, "s3", "GetObject", GET)

    user_policy.delete_user_policy(world.context(), {"UserName": "ada", "PolicyName": "p"})

    refused(world, ada, "s3", "GetObject", GET)


def test_a_new_version_of_an_attached_policy_counts(world: World) -> None:
    ada, ctx = world.user("ada"), world.context()
    arn = managed.create_policy(ctx, {"PolicyName": "m", "PolicyDocument": policy(allow("s3:GetObject"))})
    user_policy.attach_user_policy(ctx, {"UserName": "ada", "PolicyArn": arn["Policy"]["Arn"]})

    world.ask(ada, "s3", "GetObject", GET)
    user_policy.detach_user_policy(ctx, {"UserName": "ada", "PolicyArn": arn["Policy"]["Arn"]})

    refused(world, ada, "s3", "GetObject", GET)


def test_a_copy_needs_to_read_its_source(world: World) -> None:
    ada = world.user("ada", allow("s3:*", on="arn:aws:s3:::b/*"))

    message = refused(world, ada, "s3", "CopyObject", {**GET, "CopySource": "secret/k"})

    assert "s3:GetObject on resource: arn:aws:s3:::secret/k" in message


def test_a_session_policy_narrows(world: World) -> None:
    world.role("Runner", allow("s3:GetObject", "s3:PutObject"))
    narrow = world.session("Runner", policy(allow("s3:GetObject", "s3:DeleteObject")))

    world.ask(narrow, "s3", "GetObject", GET)
    assert "no session policy allows" in refused(world, narrow, "s3", "PutObject", GET)
    assert "no identity-based policy allows" in refused(world, narrow, "s3", "DeleteObject", GET)


def test_a_session_policy_can_deny(world: World) -> None:
    world.role("Runner", allow("*"))
    narrow = world.session("Runner", policy(allow("*"), deny("s3:*")))

    assert "explicit deny in a session policy" in refused(world, narrow, "s3", "GetObject", GET)


def test_a_boundary_bounds(world: World) -> None:
    ctx = world.context()
    made = managed.create_policy(ctx, {"PolicyName": "m", "PolicyDocument": policy(allow("s3:Get*"))})
    ada = world.user("ada", allow("s3:*"))
    user_policy.put_user_permissions_boundary(
        ctx, {"UserName": "ada", "PermissionsBoundary": made["Policy"]["Arn"]}
    )

    world.ask(ada, "s3", "GetObject", GET)
    assert "no permissions boundary allows" in refused(world, ada, "s3", "PutObject", GET)


@pytest.mark.parametrize(
    ("condition", "ok"),
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": REGION}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"NumericLessThan": {"aws:EpochTime": "1000"}}, False),
        ({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/Runner"}}, True),
        ({"StringLike": {"aws:userid": "AROA*:s1"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "blue"}}, True),
        ({"StringEquals": {"aws:username": "Runner"}}, False),
    ],
)
def test_conditions_know_the_request(world: World, condition: dict[str, Any], ok: bool) -> None:
    world.role("Runner", allow("s3:GetObject", Condition=condition))
    role.tag_role(world.context(), {"RoleName": "Runner", "Tags": [{"Key": "Team", "Value": "blue"}]})

    assert world.may(world.session("Runner"), "s3:GetObject", OBJECT) is ok
    if ok:
        world.ask(world.session("Runner"), "s3", "GetObject", GET)
    else:
        refused(world, world.session("Runner"), "s3", "GetObject", GET)


def test_tags_of_a_resource_are_asked_for_when_a_policy_is_about_them(world: World) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    ada = world.user("ada", allow("sagemaker:*", Condition=condition))
    asked: list[str] = []

    def tags(arn: str, version: str = "", /) -> dict[str, str]:
        asked.append(arn)
        return {"Team": "blue"}

    world.ask(ada, "sagemaker", "DescribeTrainingJob", {"TrainingJobName": "j"}, tags_of=tags)
    refused(world, ada, "sagemaker", "DescribeTrainingJob", {"TrainingJobName": "j"})

    assert asked == [f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/j"]


def test_creating_a_job_needs_pass_role(world: World) -> None:
    arn = world.role("Runner")
    ada = world.user("ada", allow("sagemaker:CreateTrainingJob"))

    message = refused(world, ada, "sagemaker", "CreateTrainingJob", {**JOB, "RoleArn": arn})

    assert f"is not authorized to perform: iam:PassRole on resource: {arn}" in message


def test_a_role_is_passed_to_sagemaker_and_nobody_else(world: World) -> None:
    arn = world.role("Runner")

    def passing_to(service: str) -> dict[str, Any]:
        return allow("iam:PassRole", on=arn, Condition={"StringEquals": {"iam:PassedToService": service}})

    ada = world.user("ada", allow("sagemaker:*"), passing_to("sagemaker.amazonaws.com"))
    bob = world.user("bob", allow("sagemaker:*"), passing_to("ec2.amazonaws.com"))

    world.ask(ada, "sagemaker", "CreateTrainingJob", {**JOB, "RoleArn": arn})
    refused(world, bob, "sagemaker", "CreateTrainingJob", {**JOB, "RoleArn": arn})


@pytest.mark.parametrize("trust", ["", trusting(AWS=ACCOUNT)])
def test_a_passed_role_has_to_exist_and_trust_sagemaker(world: World, trust: str) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/Runner"
    if trust:
        world.role("Runner", trust=trust)

    with pytest.raises(BadRequest, match=r"Could not assume role .*Runner\. Please ensure") as error:
        world.ask(world.root, "sagemaker", "CreateTrainingJob", {**JOB, "RoleArn": arn})

    assert error.value.code == "ValidationException"


def test_instance_types_can_be_limited(world: World) -> None:
    condition = {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": "ml.m5.*"}}
    ada = world.user("ada", allow("sagemaker:CreateTrainingJob", Condition=condition))

    world.ask(ada, "sagemaker", "CreateTrainingJob", JOB)
    big = {"TrainingJobName": "j", "ResourceConfig": {"InstanceType": "ml.p4d.24xlarge"}}
    refused(world, ada, "sagemaker", "CreateTrainingJob", big)


@pytest.mark.parametrize(
    ("trusted", "own", "ok"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ada"}, [], True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ada"}, [deny("sts:*")], False),
        ({"AWS": ACCOUNT}, [], False),
        ({"AWS": ACCOUNT}, [allow("sts:AssumeRole")], True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, [allow("sts:AssumeRole")], False),
        ({"Service": "sagemaker.amazonaws.com"}, [allow("*")], False),
    ],
)
def test_becoming_a_role_takes_both_sides(
    world: World, trusted: dict[str, str], own: list[dict[str, Any]], ok: bool
) -> None:
    arn = world.role("Runner", trust=trusting(**trusted))
    ada = world.user("ada", *own)
    params = {"RoleArn": arn, "RoleSessionName": "s"}

    if ok:
        world.ask(ada, "sts", "AssumeRole", params)
    else:
        assert refused(world, ada, "sts", "AssumeRole", params).endswith(f"sts:AssumeRole on resource: {arn}")


def test_a_missing_role_is_denied_in_the_same_words(world: World) -> None:
    ada = world.user("ada", allow("*"))
    arn = f"arn:aws:iam::{ACCOUNT}:role/Nobody"

    message = refused(world, ada, "sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "s"})

    assert message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/ada is not authorized to perform: sts:AssumeRole "
        f"on resource: {arn}"
    )


def test_an_external_id_has_to_be_right(world: World) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "e-1"}}
    arn = world.role("Runner", trust=trusting(AWS=ACCOUNT, Condition=condition))
    ada = world.user("ada", allow("sts:AssumeRole"))

    world.ask(ada, "sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "s", "ExternalId": "e-1"})
    refused(world, ada, "sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "s", "ExternalId": "e-2"})


def test_a_narrowed_session_becomes_no_role_that_names_it(world: World) -> None:
    world.role("First", allow("s3:*"))
    arn = world.role("Second", trust=trusting(AWS=f"arn:aws:iam::{ACCOUNT}:role/First"))
    params = {"RoleArn": arn, "RoleSessionName": "s"}

    world.ask(world.session("First"), "sts", "AssumeRole", params)
    refused(world, world.session("First", policy(allow("s3:*"))), "sts", "AssumeRole", params)


GROUP = "/aws/sagemaker/TrainingJobs"


@pytest.mark.parametrize(
    ("service", "operation", "params", "ok"),
    [
        ("clary", "ReportHost", {"Host": "job/algo-1"}, True),
        ("clary", "RoleCredentials", {"Host": "job/algo-2"}, False),
        ("logs", "PutLogEvents", {"logGroupName": GROUP, "logStreamName": "job/algo-1-17"}, True),
        ("logs", "CreateLogStream", {"logGroupName": GROUP, "logStreamName": "job/algo-1"}, True),
        ("logs", "DescribeLogStreams", {"logGroupName": GROUP, "logStreamNamePrefix": "job/algo-1-"}, True),
        ("logs", "DescribeLogStreams", {"logGroupName": GROUP}, False),
        ("logs", "PutLogEvents", {"logGroupName": GROUP, "logStreamName": "job/algo-10-17"}, False),
        ("logs", "PutLogEvents", {"logGroupName": GROUP, "logStreamName": "other/algo-1-17"}, False),
        ("logs", "PutLogEvents", {"logGroupName": "/mine", "logStreamName": "job/algo-1-17"}, False),
        ("logs", "GetLogEvents", {"logGroupName": GROUP, "logStreamName": "job/algo-1-17"}, False),
        ("s3", "GetObject", GET, False),
        ("sts", "GetCallerIdentity", {}, False),
        ("sagemaker", "StopTrainingJob", {"TrainingJobName": "job"}, False),
    ],
)
def test_a_host_may_speak_for_itself_only(
    world: World, service: str, operation: str, params: dict[str, Any], ok: bool
) -> None:
    host = world.host("job/algo-1")

    if ok:
        world.ask(host, service, operation, params)
    else:
        refused(world, host, service, operation, params)


@pytest.mark.parametrize(
    ("group", "stream", "ok"),
    [
        ("/aws/sagemaker/ProcessingJobs", "job/algo-1-17", True),
        ("/aws/sagemaker/ProcessingJobs", "job/algo-10-17", False),
        ("/aws/sagemaker/TrainingJobs", "job/algo-1-17", False),
    ],
)
def test_a_host_of_a_processing_job_writes_to_its_own_group_only(
    world: World, group: str, stream: str, ok: bool
) -> None:
    host = world.host("processing-job/job/algo-1")
    params = {"logGroupName": group, "logStreamName": stream}

    if ok:
        world.ask(host, "logs", "PutLogEvents", params)
    else:
        refused(world, host, "logs", "PutLogEvents", params)


def test_hosts_of_two_jobs_with_one_name_may_not_speak_for_each_other(world: World) -> None:
    training, processing = world.host("job/algo-1"), world.host("processing-job/job/algo-1")

    world.ask(processing, "clary", "RoleCredentials", {"Host": "processing-job/job/algo-1"})
    refused(world, processing, "clary", "RoleCredentials", {"Host": "job/algo-1"})
    refused(world, training, "clary", "RoleCredentials", {"Host": "processing-job/job/algo-1"})
    stream = {"logGroupName": "/aws/sagemaker/ProcessingJobs", "logStreamName": "job/algo-1-17"}
    refused(world, training, "logs", "PutLogEvents", stream)


def test_nobody_else_may_speak_for_a_host(world: World) -> None:
    refused(world, world.user("ada", allow("*")), "clary", "RoleCredentials", {"Host": "job/algo-1"})


def test_a_host_may_nothing_by_policy(world: World) -> None:
    assert not world.may(world.host("job/algo-1"), "s3:GetObject", OBJECT)


def test_a_role_is_asked_without_a_session(world: World) -> None:
    arn = world.role("Runner", allow("s3:GetObject", on=OBJECT))

    assert world.role_may(arn, "s3:GetObject", OBJECT)
    assert not world.role_may(arn, "s3:PutObject", OBJECT)
    assert not world.role_may(arn + "x", "s3:GetObject", OBJECT)


def test_a_deleted_user_may_nothing(world: World) -> None:
    ada = world.user("ada", allow("*"))
    ctx = world.context()
    world.records.update("iam-user", "ada", {"_keys": [], "_policies": {}})
    user.delete_user(ctx, {"UserName": "ada"})

    refused(world, ada, "s3", "GetObject", GET)


def test_a_role_policy_of_another_role_does_not_count(world: World) -> None:
    world.role("Strong", allow("*"))
    world.role("Weak")
    role_policy.put_role_policy(
        world.context(),
        {
            "RoleName": "Weak",
            "PolicyName": "p",
            "PolicyDocument": json.dumps(json.loads(policy(deny("s3:*")))),
        },
    )

    refused(world, world.session("Weak"), "s3", "GetObject", GET)
