"""The private operations of host agents, with real stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.kinds.endpoint.made import endpoint, generation, variant

from clary.domain.errors import BadRequest, Denied, NotFound
from clary.domain.hosts import HostReport, Outcome
from clary.domain.identity import Credentials, PrincipalKind
from clary.kinds.software import LOG_GROUP
from clary.services.access.authorize import RoleMay
from clary.services.access.credentials import Keyring
from clary.services.access.facts import RequestFacts
from clary.services.access.resource_tags import ResourceTags
from clary.services.context import Context
from clary.services.hosts import (
    get_host_addresses,
    locate_objects,
    put_host_metrics,
    put_host_utilization,
    report_host,
    report_packages,
    report_rules,
    role_credentials,
)
from clary.services.iam.role import create_role, tag_role
from clary.services.iam.role_policy import put_role_policy
from clary.services.s3 import bucket, object, object_tagging
from clary.store.blobs import BlobStore
from clary.store.database import Database

HOST = "digits/algo-1"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Trainer"
JOB_ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/digits"
REPORT = {
    "Phases": [],
    "Outcome": "",
    "Reason": "",
    "ExitCode": None,
    "ModelUploaded": False,
    "Message": "",
    "CheckpointsUploaded": False,
    "ModelContent": "",
    "Address": "",
}
FAILED = {**REPORT, "Outcome": "Failed", "Phases": [{"Phase": "Done", "At": 1_790_000_000.0}]}


@pytest.fixture
def ctx(ctx: Context, tmp_path: Path) -> Iterator[Context]:
    database = Database.at(tmp_path / "blobs.db")
    blobs = BlobStore(tmp_path / "blobs", database)
    keyring = Keyring(b"k" * 32, Credentials("AKIAROOT", "secret"), ACCOUNT, ctx.records, ctx.now)
    role_may = RoleMay(
        ctx.records,
        account=ACCOUNT,
        region=ctx.region,
        facts=RequestFacts("127.0.0.1"),
        now=ctx.now(),
        tags_of=ResourceTags(ctx.records, ctx.tags, blobs.objects).of,
    )
    ctx = replace(ctx, blobs=blobs, keyring=keyring, role_may=role_may)
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}],
    }
    create_role(ctx, {"RoleName": "Trainer", "AssumeRolePolicyDocument": json.dumps(trust)})
    ctx.records.insert("training-job", "digits", {"RoleArn": ROLE, "TrainingJobArn": JOB_ARN}, arn=JOB_ARN)
    bucket.create_bucket(ctx, {"Bucket": "data"})
    yield ctx
    blobs.close()
    database.close()


def allow(ctx: Context, *statements: dict[str, Any]) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", **statement} for statement in statements],
    }
    put_role_policy(
        ctx, {"RoleName": "Trainer", "PolicyName": "data", "PolicyDocument": json.dumps(document)}
    )


def put(ctx: Context, key: str, content: bytes = b"content") -> None:
    writer = ctx.blobs.stage()
    writer.write(content)
    object.put_object(ctx, {"Bucket": "data", "Key": key, "Body": writer.finish()})


def test_a_report_is_kept_in_the_job_s_record(ctx: Context) -> None:
    report_host(ctx, {"Host": HOST, "Report": REPORT})
    report_host(ctx, {"Host": "digits/algo-2", "Report": FAILED})

    reports = ctx.records.get("training-job", "digits")["_Reports"]
    assert reports == {"algo-1": REPORT, "algo-2": FAILED}


def test_every_member_of_a_report_is_kept(ctx: Context) -> None:
    report = HostReport(
        (("Training", 1_790_000_000.0),), Outcome.FAILED, "it fell", 3, True, "see the log", True, "0" * 64
    ).to_document()

    report_host(ctx, {"Host": HOST, "Report": report})

    assert ctx.records.get("training-job", "digits")["_Reports"]["algo-1"] == report


def test_hosts_of_two_jobs_with_one_name_report_to_their_own(ctx: Context) -> None:
    arn = JOB_ARN.replace("training-job", "processing-job")
    ctx.records.insert("processing-job", "digits", {"RoleArn": ROLE, "ProcessingJobArn": arn}, arn=arn)
    batch = {"Sequence": 0, "Points": [["rows", 1.0, 0, 12.0]]}

    report_host(ctx, {"Host": "processing-job/digits/algo-1", "Report": FAILED})
    put_host_metrics(ctx, {"Host": "processing-job/digits/algo-1", **batch})
    put_host_metrics(ctx, {"Host": HOST, **batch})

    assert ctx.records.get("processing-job", "digits")["_Reports"]["algo-1"]["Outcome"] == "Failed"
    assert "_Reports" not in ctx.records.get("training-job", "digits")
    assert [summary.count for owner in (arn, JOB_ARN) for summary in ctx.metrics.summaries(owner)] == [1, 1]


@pytest.mark.parametrize("host", ["", "digits", "a/b/c/d"])
def test_a_host_without_a_name_is_refused(ctx: Context, host: str) -> None:
    with pytest.raises(BadRequest, match="does not name a host"):
        role_credentials(ctx, {"Host": host})


def test_a_report_of_a_host_that_was_never_launched_is_refused(ctx: Context) -> None:
    ctx.records.update("training-job", "digits", {"_Hosts": {"algo-1": "handle"}})

    with pytest.raises(NotFound):
        report_host(ctx, {"Host": "digits/algo-9", "Report": REPORT})


def test_a_report_may_come_before_the_next_attempt_is_recorded(ctx: Context) -> None:
    # Between the end of an attempt and the record of the next start.
    ctx.records.update("training-job", "digits", {"_Hosts": {}, "_Attempt": 1})

    report_host(ctx, {"Host": HOST, "Report": REPORT})

    assert ctx.records.get("training-job", "digits")["_Reports"] == {"algo-1": REPORT}


@pytest.mark.parametrize("report", [None, "done", {}, {"Phases": []}])
def test_a_report_that_is_none_is_refused(ctx: Context, report: Any) -> None:
    with pytest.raises(BadRequest, match="Phases, Outcome"):
        report_host(ctx, {"Host": HOST, "Report": report})


def test_the_job_s_role_is_what_its_credentials_are(ctx: Context) -> None:
    given = role_credentials(ctx, {"Host": HOST})

    _, caller = ctx.keyring.resolve(given["AccessKeyId"], given["SessionToken"], ctx.now())
    assert caller.kind is PrincipalKind.ASSUMED_ROLE
    assert caller.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Trainer/SageMaker"
    assert given["Expiration"] == ctx.now() + 3600


def test_objects_are_located_as_the_role_may_read_them(ctx: Context) -> None:
    allow(
        ctx,
        {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::data"},
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/train/*"},
    )
    put(ctx, "train/a.csv", b"a")
    put(ctx, "train/b.csv", b"bb")
    put(ctx, "secret/c.csv")

    found = locate_objects(ctx, {"Host": HOST, "Bucket": "data", "Prefix": "train/"})

    assert [(entry["Key"], entry["Size"]) for entry in found["Objects"]] == [
        ("train/a.csv", 1),
        ("train/b.csv", 2),
    ]
    assert [Path(entry["Path"]).read_bytes() for entry in found["Objects"]] == [b"a", b"bb"]
    with pytest.raises(Denied, match=r"s3:GetObject on resource: arn:aws:s3:::data/secret/c\.csv"):
        locate_objects(ctx, {"Host": HOST, "Bucket": "data", "Prefix": ""})


def test_a_role_that_may_not_list_is_told_so(ctx: Context) -> None:
    allow(ctx, {"Action": "s3:GetObject", "Resource": "*"})
    put(ctx, "train/a.csv")

    with pytest.raises(Denied, match="s3:ListBucket"):
        locate_objects(ctx, {"Host": HOST, "Bucket": "data", "Prefix": "train/"})
    assert locate_objects(ctx, {"Host": HOST, "Bucket": "data", "Keys": ["train/a.csv", "none"]})["Objects"]


@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("Bool", "aws:SecureTransport", "false", True),
        ("Bool", "aws:SecureTransport", "true", False),
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8", True),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", False),
        ("StringEquals", "aws:PrincipalTag/team", "red", True),
        ("StringEquals", "aws:PrincipalTag/team", "blue", False),
        ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", True),
        ("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", False),
        ("StringLike", "aws:userid", "AROA*:SageMaker", True),
        ("StringLike", "aws:userid", "AIDA*", False),
        ("ArnEquals", "aws:PrincipalArn", ROLE, True),
        ("StringEquals", "aws:PrincipalType", "AssumedRole", True),
        ("StringEquals", "aws:RequestedRegion", "us-east-1", True),
        ("Null", "aws:TokenIssueTime", "false", True),
        ("DateLessThan", "aws:TokenIssueTime", "2020-01-01T00:00:00Z", False),
        ("StringEquals", "s3:ExistingObjectTag/level", "secret", True),
        ("StringEquals", "s3:ExistingObjectTag/level", "open", False),
        ("StringEquals", "s3:authType", "REST-HEADER", True),
    ],
)
@pytest.mark.parametrize("staging", [{"Prefix": "train/"}, {"Keys": ["train/a.csv"]}])
def test_a_conditional_deny_of_the_role_holds_for_what_is_staged(
    ctx: Context, operator: str, key: str, value: str, holds: bool, staging: dict[str, Any]
) -> None:
    tag_role(ctx, {"RoleName": "Trainer", "Tags": [{"Key": "team", "Value": "red"}]})
    put(ctx, "train/a.csv")
    secret = {"TagSet": [{"Key": "level", "Value": "secret"}]}
    object_tagging.put_object_tagging(ctx, {"Bucket": "data", "Key": "train/a.csv", "Tagging": secret})
    deny = {
        "Effect": "Deny",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {operator: {key: value}},
    }
    allow(ctx, {"Action": "s3:*", "Resource": "*"}, deny)
    request = {"Host": HOST, "Bucket": "data", **staging}

    if not holds:
        assert locate_objects(ctx, request)["Objects"]
        return
    with pytest.raises(Denied, match="s3:GetObject"):
        locate_objects(ctx, request)


def test_a_list_is_judged_with_its_prefix(ctx: Context) -> None:
    own = {"Condition": {"StringLike": {"s3:prefix": "train/*"}}}
    allow(
        ctx, {"Action": "s3:ListBucket", "Resource": "*", **own}, {"Action": "s3:GetObject", "Resource": "*"}
    )
    put(ctx, "train/a.csv")

    assert locate_objects(ctx, {"Host": HOST, "Bucket": "data", "Prefix": "train/"})["Objects"]
    with pytest.raises(Denied, match="s3:ListBucket"):
        locate_objects(ctx, {"Host": HOST, "Bucket": "data", "Prefix": "tr"})


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "Bucket"),
        ({"Bucket": ""}, "Bucket"),
        ({"Bucket": ["data"]}, "Bucket"),
        ({"Bucket": "data", "Prefix": {}}, "Prefix"),
        ({"Bucket": "data", "StartAfter": 1}, "StartAfter"),
        ({"Bucket": "data", "Keys": 1}, "Keys"),
        ({"Bucket": "data", "Keys": ["n/0000", None]}, r"Keys\[1\]"),
        ({"Bucket": "data", "Keys": ["n/0000"] * 1_001}, "at most 1000"),
    ],
)
def test_a_request_for_objects_that_is_none_is_refused(
    ctx: Context, members: dict[str, Any], reason: str
) -> None:
    allow(ctx, {"Action": "s3:*", "Resource": "*"})

    with pytest.raises(BadRequest, match=reason):
        locate_objects(ctx, {"Host": HOST, **members})


def test_pages_reach_every_object(ctx: Context) -> None:
    allow(ctx, {"Action": "s3:*", "Resource": "*"})
    put(ctx, "n/0000")
    first = ctx.blobs.objects.find("data", "n/0000")
    assert first is not None
    for number in range(1, 1005):
        ctx.blobs.objects.put_same_content(
            first, "data", f"n/{number:04}", attributes={}, modified_at=first.modified_at
        )

    one = locate_objects(ctx, {"Host": HOST, "Bucket": "data", "Prefix": "n/"})
    two = locate_objects(
        ctx, {"Host": HOST, "Bucket": "data", "Prefix": "n/", "StartAfter": one["NextStartAfter"]}
    )

    keys = [entry["Key"] for page in (one, two) for entry in page["Objects"]]
    assert keys == [f"n/{number:04}" for number in range(1005)]
    assert "NextStartAfter" not in two


def test_a_batch_of_points_counts_once_however_often_it_is_sent(ctx: Context) -> None:
    batch = {"Host": HOST, "Sequence": 0, "Points": [["loss", 1.0, 0, 0.5], ["loss", 2.0, 1, 0.25]]}

    first = put_host_metrics(ctx, batch)
    again = put_host_metrics(ctx, batch)
    put_host_metrics(ctx, {"Host": HOST, "Sequence": 2, "Points": [["loss", 3.0, 2, 0.125]]})

    assert first == again == {"Sequence": 2}
    [summary] = ctx.metrics.summaries(JOB_ARN)
    assert (summary.name, summary.count, summary.last) == ("loss", 3, 0.125)


@pytest.mark.parametrize("order", [("algo-1", "algo-2", "algo-10"), ("algo-10", "algo-2", "algo-1")])
def test_the_last_value_is_of_the_first_host_and_not_of_the_one_that_wrote_last(
    ctx: Context, order: tuple[str, ...]
) -> None:
    for at, host in enumerate(order):
        value = float(host.removeprefix("algo-"))
        points = [["loss", 9.0 + at, 0, value]] + [["rate", 9.0 + at, 0, value]] * (host != "algo-1")
        put_host_metrics(ctx, {"Host": f"digits/{host}", "Sequence": 0, "Points": points})

    lasts = {summary.name: summary.last for summary in ctx.metrics.summaries(JOB_ARN)}
    assert lasts == {"loss": 1.0, "rate": 2.0}


def test_points_of_another_attempt_are_no_repetition_of_the_first(ctx: Context) -> None:
    put_host_metrics(ctx, {"Host": HOST, "Sequence": 0, "Points": [["loss", 1.0, 0, 0.5]]})
    ctx.records.update("training-job", "digits", {"_Attempt": 1})

    again = {"Host": HOST, "Sequence": 0, "Points": [["loss", 2.0, 0, 0.25]]}
    put_host_metrics(ctx, again)
    put_host_metrics(ctx, again)

    [summary] = ctx.metrics.summaries(JOB_ARN)
    assert (summary.count, summary.last) == (2, 0.25)


@pytest.mark.parametrize(
    ("point", "told"),
    [
        (["loss", 1e300, 0, 0.5], "time 1e"),
        (["loss", -1.0, 0, 0.5], "time -1"),
        (["loss", "now", 0, 0.5], "time 'now'"),
        (["loss", True, 0, 0.5], "time True"),
        (["loss", 1.0, 10**30, 0.5], "step 1000"),
        (["loss", 1.0, 1e30, 0.5], "step 1e"),
        (["loss", 1.0, -1, 0.5], "step -1"),
        (["loss", 1.0, 0, "high"], "value 'high'"),
        (["loss", 1.0, 0, 10**400], "value 1000"),
        (["", 1.0, 0, 0.5], "name"),
        (["x" * 256, 1.0, 0, 0.5], "name"),
        ([7, 1.0, 0, 0.5], "name"),
        (["loss", 1.0, 0], "name, time, step and value"),
        ("loss", "name, time, step and value"),
    ],
)
def test_a_point_that_no_client_could_read_is_refused_with_its_place(
    ctx: Context, point: Any, told: str
) -> None:
    with pytest.raises(BadRequest, match=rf"Points\[1\].*{told}"):
        put_host_metrics(ctx, {"Host": HOST, "Sequence": 0, "Points": [["loss", 1.0, 0, 0.5], point]})

    assert ctx.metrics.summaries(JOB_ARN) == []


@pytest.mark.parametrize("members", [{"Points": {}}, {"Points": None}, {"Sequence": -1}, {"Sequence": "1"}])
def test_a_batch_that_is_none_is_refused(ctx: Context, members: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        put_host_metrics(ctx, {"Host": HOST, "Sequence": 0, "Points": [], **members})


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"Phases": [{"Phase": "Training", "At": 1e300}]}, "Phases"),
        ({"Phases": [{"Phase": "Training", "At": "now"}]}, "Phases"),
        ({"Phases": [{"Phase": "Sleeping", "At": 1.0}]}, "Phases"),
        ({"Phases": [{"Phase": "Training", "At": 1.0}] * 1_000}, "Phases"),
        ({"Phases": {}}, "Phases"),
        ({"Phases": [{"Phase": ["Training"], "At": 1.0}]}, "Phases"),
        ({"Outcome": ["Failed"]}, "Outcome"),
        ({"Outcome": "Fine"}, "Outcome"),
        ({"Outcome": "Failed"}, "Phases is empty"),
        ({"ExitCode": 2**40}, "ExitCode"),
        ({"ExitCode": "0"}, "ExitCode"),
        ({"Reason": None}, "Reason"),
        ({"Message": 7}, "Message"),
    ],
)
def test_a_report_that_no_client_could_read_is_refused(
    ctx: Context, members: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadRequest, match=told):
        report_host(ctx, {"Host": HOST, "Report": {**REPORT, **members}})

    assert "_Reports" not in ctx.records.get("training-job", "digits")


def test_a_report_is_kept_without_what_it_should_not_have(ctx: Context) -> None:
    report_host(ctx, {"Host": HOST, "Report": {**REPORT, "Reason": "x" * 10**6, "More": ["x"]}})

    kept = ctx.records.get("training-job", "digits")["_Reports"]["algo-1"]
    assert len(kept["Reason"]) == 10_000
    assert "More" not in kept


@pytest.mark.parametrize(
    "event",
    [
        "text",
        {"Kind": "Nothing", "RuleConfigurationName": "r"},
        {"Kind": "Log", "RuleConfigurationName": "r"},
        {"Kind": "Log", "RuleConfigurationName": ["r"], "Text": "t"},
        {"Kind": "Finding", "RuleConfigurationName": "r", "Message": "m", "Tensor": "", "Step": 1.5},
        {"Kind": "Rule", "RuleConfigurationName": "r", "RuleName": "R", "RuleParameters": []},
        {
            "Kind": "Status",
            "RuleConfigurationName": "r",
            "StatusDetails": "",
            "RuleEvaluationStatus": "Fine",
            "LastModifiedTime": 1.0,
        },
        {
            "Kind": "Status",
            "RuleConfigurationName": "r",
            "StatusDetails": "",
            "RuleEvaluationStatus": "Error",
            "LastModifiedTime": 1e300,
        },
    ],
)
def test_an_event_that_no_client_could_read_is_refused_with_its_place(ctx: Context, event: Any) -> None:
    with pytest.raises(BadRequest, match=r"Events\[0\]"):
        report_rules(ctx, {"Host": HOST, "Attempt": 0, "First": 0, "Events": [event]})


@pytest.mark.parametrize("members", [{"Attempt": None}, {"First": "x"}, {"First": -1}, {"Events": {}}])
def test_events_without_their_place_are_refused(ctx: Context, members: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        report_rules(ctx, {"Host": HOST, "Attempt": 0, "First": 0, "Events": [], **members})


def test_a_job_that_is_gone_is_said(ctx: Context) -> None:
    for call in (role_credentials, put_host_metrics):
        with pytest.raises(NotFound, match="there is no training job nothing"):
            call(ctx, {"Host": "nothing/algo-1"})


def test_packages_of_a_layer_are_listed_in_a_stream_that_the_job_names(ctx: Context) -> None:
    request = {"Host": HOST, "Environment": "pytorch+1a2b", "Packages": ["numpy==2.0", "torch==2.6.0+cpu"]}

    report_packages(ctx, request)
    report_packages(ctx, {**request, "Host": "digits/algo-2"})

    stream = ctx.records.get("training-job", "digits")["_Environment"]
    assert stream.startswith("pytorch+1a2b/")
    messages = [event.message for event in ctx.logs.read(LOG_GROUP, stream)]
    assert messages == ["numpy==2.0", "torch==2.6.0+cpu"]


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "127.0.0.1:x", "localhost:80", "127.0.0.999:80", "::1:80", 1]
)
def test_the_address_of_a_server_is_an_address_and_a_port(ctx: Context, address: object) -> None:
    report_host(ctx, {"Host": HOST, "Report": {**REPORT, "Address": "127.64.0.1:8080"}})

    with pytest.raises(BadRequest, match=r"Report\.Address"):
        report_host(ctx, {"Host": HOST, "Report": {**REPORT, "Address": address}})

    assert ctx.records.get("training-job", "digits")["_Reports"]["algo-1"]["Address"] == "127.64.0.1:8080"
    # Other hosts of the job may ask for it, until this one has ended.
    asked = {"Host": "digits/algo-2"}
    assert get_host_addresses(ctx, asked) == {"Addresses": {"algo-1": "127.64.0.1:8080"}}
    done = {"Address": "127.64.0.1:8080", "Outcome": "Succeeded", "Phases": [{"Phase": "Done", "At": 1.0}]}
    report_host(ctx, {"Host": HOST, "Report": {**REPORT, **done}})
    assert get_host_addresses(ctx, asked) == {"Addresses": {}}


@pytest.mark.parametrize(
    "members",
    [
        {"Environment": "a/b"},
        {"Environment": None},
        {"Packages": []},
        {"Packages": "numpy==2.0"},
        {"Packages": ["numpy"]},
        {"Packages": ["numpy==2.0\nforged==1"]},
        {"Packages": ["numpy==2.0"] * 5_001},
        {"Packages": [1]},
    ],
)
def test_a_list_that_is_no_list_of_packages_is_refused(ctx: Context, members: dict[str, Any]) -> None:
    request = {"Host": HOST, "Environment": "pytorch", "Packages": ["numpy==2.0"], **members}

    with pytest.raises(BadRequest):
        report_packages(ctx, request)

    assert "_Environment" not in ctx.records.get("training-job", "digits")


def test_the_use_of_a_host_is_no_metric_of_its_job_and_goes_with_it(ctx: Context) -> None:
    point = ["CPUUtilization", 1_790_000_000.0, None, 150.0]

    put_host_utilization(ctx, {"Host": HOST, "Points": [point]})

    assert ctx.metrics.summaries(JOB_ARN) == []
    assert ctx.metrics.series(f"{JOB_ARN}/algo-1", "CPUUtilization").value[0] == 150.0
    with pytest.raises(BadRequest, match=r"Points\[0\]"):
        put_host_utilization(ctx, {"Host": HOST, "Points": [["CPUUtilization", 0.0, None]]})

    ctx.metrics.delete_all(JOB_ARN)
    assert len(ctx.metrics.series(f"{JOB_ARN}/algo-1", "CPUUtilization")) == 0


def test_the_use_of_an_instance_is_that_of_its_containers_together(ctx: Context) -> None:
    containers = {"Containers": [{"Image": "a"}, {"Image": "b"}]}
    record = endpoint(generation(1, "serving", variant("Two", **containers), variant("One")))
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/digits"
    ctx.records.insert("endpoint", "digits", {**record, "EndpointArn": arn}, arn=arn)

    def told(host: str, at: float, value: float) -> None:
        points = [["CPUUtilization", at, None, value]]
        put_host_utilization(ctx, {"Host": f"endpoint/digits/{host}", "Points": points})

    told("g1-v1-i1-c2", 1_000.0, 30.0)
    told("g1-v1-i1-c1", 1_005.0, 50.0)
    told("g1-v1-i1-c1", 1_100.0, 40.0)
    told("g1-v2-i1-c1", 1_005.0, 7.0)
    told("g9-v1-i1-c1", 1_005.0, 99.0)

    two = ctx.metrics.series(f"{arn}/instances/Two", "CPUUtilization")
    assert list(zip(two.at, two.value, strict=True)) == [(1_005.0, 80.0), (1_100.0, 40.0)], (
        "a container that says nothing any more has no part in it"
    )
    assert list(ctx.metrics.series(f"{arn}/instances/One", "CPUUtilization").value) == [7.0]


def test_a_located_object_says_the_crc32_of_its_content(ctx: Context) -> None:
    allow(ctx, {"Action": "s3:*", "Resource": "*"})
    put(ctx, "plain")
    for name, algorithm in (("known", "CRC32"), ("other", "SHA256")):
        writer = ctx.blobs.stage((algorithm,))
        writer.write(b"content")
        object.put_object(ctx, {"Bucket": "data", "Key": name, "Body": writer.finish()})

    found = locate_objects(ctx, {"Host": HOST, "Bucket": "data", "Keys": ["known", "other", "plain"]})

    assert {each["Key"]: each.get("Checksum") for each in found["Objects"]} == {
        "known": {"Algorithm": "CRC32", "Value": "/sUwqQ==", "Type": "FULL_OBJECT", "Parts": []},
        "other": None,
        "plain": None,
    }
