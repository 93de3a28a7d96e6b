"""Denies by each condition key, on a resource that really has the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.access.world import ACCOUNT, REGION, World, allow, deny, policy

from clary.domain.errors import Denied
from clary.services import sts
from clary.services.iam import role, user
from clary.services.logs import group
from clary.services.s3 import bucket, bucket_settings, object, object_tagging
from clary.store.lineage import artifact_id

if TYPE_CHECKING:
    from clary.domain.identity import Caller

SM = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
SECRET = {"Key": "level", "Value": "secret"}


@pytest.fixture
def stored(world: World) -> World:
    """The world with a bucket."""
    place = {"LocationConstraint": REGION}
    bucket.create_bucket(world.context(), {"Bucket": "data", "CreateBucketConfiguration": place})
    return world


def forbidding(key: str, value: str = "secret", operator: str = "StringEquals") -> dict[str, Any]:
    return deny("*", Condition={operator: {key: value}})


def allowed(world: World, caller: Caller, service: str, operation: str, params: dict[str, Any]) -> bool:
    try:
        world.ask(caller, service, operation, params)
    except Denied:
        return False
    return True


@pytest.mark.parametrize("key", ["aws:ResourceTag/level", "aws:resourceTag/LEVEL"])
@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DeleteLogGroup", {"logGroupName": "G"}),
        ("FilterLogEvents", {"logGroupIdentifier": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:G:*"}),
        ("GetLogEvents", {"logGroupName": "G", "logStreamName": "s"}),
        ("PutLogEvents", {"logGroupName": "G", "logStreamName": "s"}),
        ("UntagResource", {"resourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:G"}),
    ],
)
def test_a_deny_by_the_tag_of_a_log_group_holds(
    world: World, key: str, operation: str, params: dict[str, Any]
) -> None:
    ctx = world.context()
    for name, tags in (("G", {"level": "secret"}), ("H", {"level": "open"})):
        group.create_log_group(ctx, {"logGroupName": name, "tags": tags})
    ada = world.user("ada", allow("*"), forbidding(key))
    other = {member: value.replace("G", "H") for member, value in params.items()}

    assert not allowed(world, ada, "logs", operation, params)
    assert allowed(world, ada, "logs", operation, other)


@pytest.mark.parametrize("key", ["aws:ResourceTag/level", "iam:ResourceTag/level"])
@pytest.mark.parametrize("kind", ["User", "Role"])
def test_a_deny_by_the_tag_of_a_user_or_role_holds(world: World, key: str, kind: str) -> None:
    ctx = world.context()
    world.user("secret-one")
    world.role("secret-one")
    user.tag_user(ctx, {"UserName": "secret-one", "Tags": [SECRET]})
    role.tag_role(ctx, {"RoleName": "secret-one", "Tags": [SECRET]})
    world.role("open-one")
    world.user("open-one")
    ada = world.user("ada", allow("*"), forbidding(key))

    assert not allowed(world, ada, "iam", f"Delete{kind}", {f"{kind}Name": "secret-one"})
    assert allowed(world, ada, "iam", f"Delete{kind}", {f"{kind}Name": "open-one"})


@pytest.mark.parametrize("key", ["aws:ResourceTag/level", "iam:ResourceTag/level"])
def test_a_deny_by_the_tag_of_a_role_holds_for_passing_and_assuming_it(world: World, key: str) -> None:
    trust = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    arn = world.role("secret-one", trust=trust)
    role.tag_role(world.context(), {"RoleName": "secret-one", "Tags": [SECRET]})
    ada = world.user("ada", allow("*"), forbidding(key))

    assert not allowed(world, ada, "sagemaker", "CreateTrainingJob", {"TrainingJobName": "j", "RoleArn": arn})
    assert not allowed(world, ada, "sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "s"})


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("GetObject", {}),
        ("HeadObject", {}),
        ("GetObjectTagging", {}),
        ("GetObjectAttributes", {}),
        ("DeleteObjectTagging", {}),
        ("PutObjectTagging", {"Tagging": {"TagSet": [{"Key": "level", "Value": "open"}]}}),
    ],
)
def test_a_deny_by_the_tag_of_an_object_holds(stored: World, operation: str, more: dict[str, Any]) -> None:
    put(stored, "secret", level="secret")
    put(stored, "open", level="open")
    ada = stored.user("ada", allow("*"), forbidding("s3:ExistingObjectTag/level"))

    assert not allowed(stored, ada, "s3", operation, {"Bucket": "data", "Key": "secret", **more})
    assert allowed(stored, ada, "s3", operation, {"Bucket": "data", "Key": "open", **more})


def test_a_deny_by_the_tag_of_an_object_looks_at_the_version_that_is_asked_for(stored: World) -> None:
    ctx = stored.context()
    on = {"Status": "Enabled"}
    bucket_settings.put_bucket_versioning(ctx, {"Bucket": "data", "VersioningConfiguration": on})
    put(stored, "k", level="secret")
    old = ctx.blobs.objects.find("data", "k")
    put(stored, "k", level="open")
    ada = stored.user("ada", allow("*"), forbidding("s3:ExistingObjectTag/level"))

    assert old is not None
    assert allowed(stored, ada, "s3", "GetObject", {"Bucket": "data", "Key": "k"})
    assert not allowed(
        stored, ada, "s3", "GetObject", {"Bucket": "data", "Key": "k", "VersionId": old.version}
    )
    assert not allowed(
        stored,
        ada,
        "s3",
        "CopyObject",
        {"Bucket": "data", "Key": "c", "CopySource": f"data/k?versionId={old.version}"},
    )


def test_a_deny_by_the_tag_of_an_object_holds_for_copies_of_it(stored: World) -> None:
    put(stored, "secret", level="secret")
    ada = stored.user("ada", allow("*"), forbidding("s3:ExistingObjectTag/level"))

    for operation in ("CopyObject", "UploadPartCopy"):
        copy = {"Bucket": "data", "Key": "copy", "CopySource": "data/secret"}
        assert not allowed(stored, ada, "s3", operation, copy)


def test_the_tags_of_a_copy_need_rights_of_their_own(stored: World) -> None:
    put(stored, "tagged", level="open")
    put(stored, "plain")
    ada = stored.user("ada", allow("s3:GetObject", "s3:PutObject"))
    grace = stored.user("grace", allow("s3:*"), deny("s3:GetObjectTagging"))
    copy = {"Bucket": "data", "Key": "copy", "CopySource": "data/tagged"}

    assert not allowed(stored, ada, "s3", "CopyObject", copy)
    assert not allowed(stored, grace, "s3", "CopyObject", copy)
    assert allowed(stored, ada, "s3", "CopyObject", {**copy, "TaggingDirective": "REPLACE"})
    assert not allowed(
        stored, ada, "s3", "CopyObject", {**copy, "TaggingDirective": "REPLACE", "Tagging": "a=1"}
    )
    assert allowed(stored, ada, "s3", "CopyObject", {**copy, "CopySource": "data/plain"})


def test_attributes_of_an_object_need_the_right_to_read_it(world: World) -> None:
    ada = world.user("ada", allow("s3:GetObjectAttributes"))
    grace = world.user("grace", allow("s3:GetObject"))
    both = world.user("both", allow("s3:GetObject", "s3:GetObjectAttributes"))
    params = {"Bucket": "b", "Key": "k"}

    assert not allowed(world, ada, "s3", "GetObjectAttributes", params)
    assert not allowed(world, grace, "s3", "GetObjectAttributes", params)
    assert allowed(world, both, "s3", "GetObjectAttributes", params)


@pytest.mark.parametrize("key", ["aws:ResourceTag/level", "sagemaker:ResourceTag/level"])
def test_a_deny_by_the_tag_of_a_sagemaker_resource_holds(world: World, key: str) -> None:
    world.tags.put(f"{SM}training-job/j", {"level": "secret"})
    ada = world.user("ada", allow("*"), forbidding(key))

    assert not allowed(world, ada, "sagemaker", "StopTrainingJob", {"TrainingJobName": "J"})
    assert allowed(world, ada, "sagemaker", "StopTrainingJob", {"TrainingJobName": "other"})


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DescribeTrialComponent", {"TrialComponentName": f"{SM}experiment-trial-component/Secret"}),
        ("DescribeTrialComponent", {"TrialComponentName": "SECRET"}),
        ("ListTags", {"ResourceArn": f"{SM}experiment-trial-component/SECRET"}),
        ("DeleteTags", {"ResourceArn": f"{SM}Experiment-Trial-Component/secret", "TagKeys": ["level"]}),
        ("QueryLineage", {"StartArns": [f"{SM}experiment-trial-component/Secret"]}),
        (
            "DeleteAssociation",
            {"SourceArn": f"{SM}artifact/a", "DestinationArn": f"{SM}experiment-trial-component/SECRET"},
        ),
    ],
)
@pytest.mark.parametrize("by_tag", [True, False])
def test_a_deny_holds_in_whatever_case_an_arn_is_spelled(
    world: World, operation: str, params: dict[str, Any], by_tag: bool
) -> None:
    arn = f"{SM}experiment-trial-component/secret"
    world.tags.put(arn, {"level": "secret"})
    statement = forbidding("aws:ResourceTag/level") if by_tag else deny("*", on=arn)
    ada = world.user("ada", allow("*"), statement)

    assert not allowed(world, ada, "sagemaker", operation, params)


def test_a_deny_on_an_artifact_holds_when_it_is_named_by_its_source(world: World) -> None:
    source = {"SourceUri": "s3://b/model.tar.gz"}
    arn = f"{SM}artifact/{artifact_id(source)}"
    ada = world.user("ada", allow("*"), deny("*", on=arn))

    assert not allowed(world, ada, "sagemaker", "DeleteArtifact", {"Source": source})
    assert not allowed(world, ada, "sagemaker", "DeleteArtifact", {"ArtifactArn": arn})
    assert allowed(world, ada, "sagemaker", "DeleteArtifact", {"Source": {"SourceUri": "s3://b/other"}})


def test_a_deny_by_the_keys_of_tags_holds_for_taking_them_away(world: World) -> None:
    ada = world.user("ada", allow("*"), forbidding("aws:TagKeys", "level", "ForAnyValue:StringEquals"))

    assert not allowed(
        world,
        ada,
        "sagemaker",
        "DeleteTags",
        {"ResourceArn": f"{SM}training-job/j", "TagKeys": ["x", "level"]},
    )
    assert not allowed(world, ada, "iam", "UntagRole", {"RoleName": "r", "TagKeys": ["level"]})
    assert not allowed(world, ada, "logs", "UntagLogGroup", {"logGroupName": "G", "tags": ["level"]})
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:G"
    assert not allowed(world, ada, "logs", "UntagResource", {"resourceArn": arn, "tagKeys": ["level"]})


def test_who_may_write_policies_only_within_a_boundary_does_so_only_there(world: World) -> None:
    bound = f"arn:aws:iam::{ACCOUNT}:policy/bounds"
    world.role("free")
    world.role("bound")
    world.records.update("iam-role", "bound", {"_boundary": bound})
    needed = {"StringEquals": {"iam:PermissionsBoundary": bound}}
    ada = world.user("ada", allow("iam:*Policy", Condition=needed))

    for operation in ("PutRolePolicy", "AttachRolePolicy", "DetachRolePolicy", "DeleteRolePolicy"):
        assert allowed(world, ada, "iam", operation, {"RoleName": "bound", "PolicyName": "p"})
        assert not allowed(world, ada, "iam", operation, {"RoleName": "free", "PolicyName": "p"})


def test_sessions_of_before_an_instant_can_be_shut_out(world: World) -> None:
    revoked_at = "2027-01-15T08:00:30Z"  # the world's clock begins half a minute earlier
    world.role("Runner", allow("*"), forbidding("aws:TokenIssueTime", revoked_at, "DateLessThan"))
    old = world.session("Runner")
    world.now += 60
    new = world.session("Runner")

    assert not allowed(world, old, "s3", "ListBuckets", {})
    assert allowed(world, new, "s3", "ListBuckets", {})


def test_a_deny_by_the_tag_of_a_session_holds_also_after_the_next_role(world: World) -> None:
    trust = policy({"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole", "sts:TagSession"]})
    world.role("First", allow("*"), trust=trust)
    world.role("Second", allow("*"), forbidding("aws:PrincipalTag/level"), trust=trust)

    second = assumed(
        world, assumed(world, world.root, "First", Tags=[SECRET], TransitiveTagKeys=["Level"]), "Second"
    )
    forgot = assumed(world, assumed(world, world.root, "First", Tags=[SECRET]), "Second")

    assert not allowed(world, second, "s3", "ListBuckets", {})
    assert allowed(world, forgot, "s3", "ListBuckets", {})


def test_a_source_identity_is_kept_through_a_chain_and_can_not_be_changed(world: World) -> None:
    trust = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:*"})
    world.role("First", allow("*"), trust=trust)
    world.role("Second", allow("*"), forbidding("aws:SourceIdentity", "grace"), trust=trust)
    first = assumed(world, world.root, "First", SourceIdentity="grace")

    assert not allowed(world, assumed(world, first, "Second"), "s3", "ListBuckets", {})
    assert allowed(world, assumed(world, world.root, "Second"), "s3", "ListBuckets", {})
    with pytest.raises(Denied, match="SourceIdentity is ada"):
        assumed(world, first, "Second", SourceIdentity="ada")


def test_tags_of_a_session_need_a_right_of_their_own(world: World) -> None:
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "*"})
    arn = world.role("Runner", trust=trust)
    ada = world.user("ada", allow("sts:AssumeRole"))
    params = {"RoleArn": arn, "RoleSessionName": "s"}

    assert allowed(world, ada, "sts", "AssumeRole", params)
    assert not allowed(world, ada, "sts", "AssumeRole", {**params, "Tags": [SECRET]})
    assert not allowed(world, ada, "sts", "AssumeRole", {**params, "SourceIdentity": "grace"})


def test_an_update_that_adds_rules_passes_the_jobs_role(world: World) -> None:
    arn = world.role("Strong")
    world.job("training-job", "j")
    world.records.update("training-job", "j", {"RoleArn": arn})
    ada = world.user("ada", allow("sagemaker:*"))
    grace = world.user("grace", allow("sagemaker:*"), allow("iam:PassRole", on=arn))
    rule = {"RuleConfigurationName": "own", "RuleParameters": {"source_s3_uri": "s3://b/rule.py"}}
    update = {"TrainingJobName": "J", "ProfilerRuleConfigurations": [rule]}

    assert not allowed(world, ada, "sagemaker", "UpdateTrainingJob", update)
    assert allowed(world, grace, "sagemaker", "UpdateTrainingJob", update)
    assert allowed(world, ada, "sagemaker", "UpdateTrainingJob", {"TrainingJobName": "j"})


def assumed(world: World, caller: Caller, name: str, **more: Any) -> Caller:
    """A session made as AssumeRole makes it, after its authorization."""
    params = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "RoleSessionName": "s", **more}
    world.ask(caller, "sts", "AssumeRole", params)
    made = sts.assume_role(world.context(caller), params)["Credentials"]
    return world.keyring.resolve(made["AccessKeyId"], made["SessionToken"], world.now)[1]


def put(world: World, key: str, **tags: str) -> None:
    """An object of the bucket ``data``, which ``stored`` makes."""
    ctx = world.context()
    writer = ctx.blobs.stage()
    writer.write(b"x")
    object.put_object(ctx, {"Bucket": "data", "Key": key, "Body": writer.finish()})
    tag_set = [{"Key": name, "Value": value} for name, value in tags.items()]
    object_tagging.put_object_tagging(ctx, {"Bucket": "data", "Key": key, "Tagging": {"TagSet": tag_set}})
