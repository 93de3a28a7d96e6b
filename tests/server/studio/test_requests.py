"""What a signed-in page may ask, and what another page may not."""

from __future__ import annotations

import contextlib

import pytest
from tests.server.conftest import Served
from tests.server.studio.browser import PASSWORD, Browser, add_user

from clary.server.studio.pages import SITE

READ_JOBS = {"Effect": "Allow", "Action": "sagemaker:ListTrainingJobs", "Resource": "*"}


@pytest.fixture
def root(served: Served) -> Browser:
    browser = Browser(served)
    assert browser.sign_in()[0] == 200
    return browser


def get(served: Served, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with contextlib.closing(served.connect()) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


@pytest.mark.parametrize(
    ("operation", "params", "member"),
    [
        ("sagemaker/ListTrainingJobs", {}, "TrainingJobSummaries"),
        ("sagemaker/Search", {"Resource": "TrainingJob"}, "Results"),
        ("logs/DescribeLogGroups", {}, "logGroups"),
        ("cloudwatch/ListMetrics", {}, "Metrics"),
        ("sts/GetCallerIdentity", {}, "Arn"),
        ("iam/ListRoles", {}, "Roles"),
        ("s3/ListBuckets", {}, "Buckets"),
    ],
)
def test_operations_of_every_service_are_asked_in_json(
    root: Browser, operation: str, params: dict[str, str], member: str
) -> None:
    status, answer = root.post(operation, params)

    assert status == 200, answer
    assert member in answer


def test_metrics_are_asked_in_json(root: Browser) -> None:
    query = {
        "MetricName": "loss",
        "ResourceArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/x",
        "MetricStat": "Avg",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
    }

    status, answer = root.post("sagemaker-metrics/BatchGetMetrics", {"MetricQueries": [query]})

    assert status == 200, answer
    assert len(answer["MetricQueryResults"]) == 1


def test_an_operation_is_validated_and_answers_its_own_errors(root: Browser) -> None:
    status, refused = root.post("sagemaker/DescribeTrainingJob", {"TrainingJobName": "-"})
    missing, told = root.post("sagemaker/DescribeTrainingJob", {"TrainingJobName": "x"})

    assert (status, refused["__type"]) == (400, "ValidationException")
    assert "failed to satisfy constraint" in refused["message"]
    assert (missing, told["message"]) == (400, "Requested resource not found.")


@pytest.mark.parametrize(
    "path",
    [
        "s3/GetObject",
        "s3/PutObject",
        "s3/ListFish",
        "clary/ReportHost",
        "sagemaker/NoSuch",
        "x/y",
        "sagemaker/..",
        "nothing",
    ],
)
def test_what_is_no_operation_is_refused(root: Browser, path: str) -> None:
    assert root.post(path)[1]["__type"] == "UnknownOperationException"


def test_a_user_without_a_right_is_told_which(served: Served) -> None:
    add_user(served, "ada", READ_JOBS)
    ada = Browser(served)
    ada.sign_in(UserName="ada", Password=PASSWORD)

    allowed, _ = ada.post("sagemaker/ListTrainingJobs")
    status, refused = ada.post("sagemaker/StopTrainingJob", {"TrainingJobName": "x"})

    assert allowed == 200
    assert (status, refused["__type"]) == (400, "AccessDeniedException")
    assert "user/ada is not authorized to perform: sagemaker:StopTrainingJob" in refused["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
    ],
)
def test_another_page_can_ask_nothing(root: Browser, headers: dict[str, str | None]) -> None:
    status, refused = root.post("sagemaker/ListTrainingJobs", {}, **headers)

    assert (status, refused["__type"]) == (403, "AccessDeniedException")


def test_another_page_cannot_sign_a_browser_in(served: Served) -> None:
    browser = Browser(served, headers={"Origin": "http://evil.example"})

    assert browser.sign_in()[0] == 403


def test_a_page_gets_what_its_session_may_and_no_signature_is_asked(served: Served, root: Browser) -> None:
    assert Browser(served).post("sagemaker/ListTrainingJobs")[0] == 401


def test_only_posts_reach_the_api(served: Served) -> None:
    status, headers, _ = get(served, "/studio/api/sagemaker/ListTrainingJobs")

    assert (status, headers["allow"]) == (405, "POST")


def test_a_large_body_is_refused(root: Browser) -> None:
    assert root.post("changes", {"Position": "x" * 5000})[0] == 413


@pytest.mark.parametrize(
    "path", ["/studio/", "/studio/training-jobs/x?tab=log", "/studio/assets/no", "/studio"]
)
def test_every_answer_forbids_what_is_not_ours(served: Served, path: str) -> None:
    _, headers, _ = get(served, path)

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_every_address_of_a_view_is_the_page(served: Served) -> None:
    page = get(served, "/studio/")

    assert get(served, "/studio/training-jobs/x")[2] == page[2] == (SITE / "index.html").read_bytes()
    assert page[1]["cache-control"] == "no-store"
    assert get(served, "/studio")[1]["location"] == "/studio/"


def test_scripts_are_kept_for_ever_and_come_compressed(served: Served) -> None:
    script = next((SITE / "assets").glob("*.js"))

    status, headers, body = get(served, f"/studio/assets/{script.name}", **{"Accept-Encoding": "gzip"})

    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in headers["cache-control"]
    assert len(body) < script.stat().st_size


@pytest.mark.parametrize("path", ["/studio/../clary.db", "/studio/%2e%2e/clary.db", "/studio/assets/../../x"])
def test_no_file_but_the_page_is_served(served: Served, path: str) -> None:
    status, _, body = get(served, path)

    assert status == 404 or body == (SITE / "index.html").read_bytes()


def test_a_bucket_may_be_called_studio(served: Served) -> None:
    """Its requests are signed, so they are told apart from the page's."""
    import boto3
    from botocore.config import Config

    keys = served.keys
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=f"http://{served.host}:{served.port}",
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    s3.create_bucket(Bucket="studio")
    s3.put_object(Bucket="studio", Key="api/login", Body=b"mine")
    address = s3.generate_presigned_url("get_object", {"Bucket": "studio", "Key": "api/login"})

    assert s3.get_object(Bucket="studio", Key="api/login")["Body"].read() == b"mine"
    assert get(served, address.partition(str(served.port))[2])[2] == b"mine"


def test_an_own_operation_that_is_not_there_is_named(root: Browser) -> None:
    status, answer = root.post("studio/ReadMinds", {})

    assert status == 400
    assert answer["__type"] == "UnknownOperationException"
    assert "studio/ReadMinds" in answer["message"]
