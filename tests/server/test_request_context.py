"""Condition keys of requests that real clients send to a complete server."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from clary.domain.hosts import HostName
from clary.domain.hosts.protocol import HEADER, OTHER_VERSION, version
from clary.server.app import agent_credentials

from .conftest import Served, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Clients = Callable[..., Any]

TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
}


def clients_of(served: Served, key: str, secret: str) -> Clients:
    def make(service: str, **config: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://{served.host}:{served.port}",
            region_name=served.platform.settings.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"max_attempts": 0}, **config),
        )

    return make


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    with serving(home / "home", home / "environments") as made:
        root = clients_of(made, made.keys.access_key, made.keys.secret_key)
        root("s3").create_bucket(Bucket="data")
        root("s3").put_object(Bucket="data", Key="k", Body=b"x")
        yield made


@pytest.fixture(scope="module")
def root(served: Served) -> Clients:
    return clients_of(served, served.keys.access_key, served.keys.secret_key)


@pytest.fixture(scope="module")
def ada(served: Served, root: Clients) -> Clients:
    """A user with all rights, until a test adds a deny."""
    iam = root("iam")
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    return clients_of(served, key["AccessKeyId"], key["SecretAccessKey"])


def document(action: str, condition: dict[str, Any]) -> str:
    """Allows everything, and denies an action on a condition."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})


def deny_ada(root: Clients, **condition: dict[str, str]) -> None:
    root("iam").put_user_policy(UserName="ada", PolicyName="p", PolicyDocument=document("*", condition))


def may_read(client: Any) -> bool:
    try:
        client.get_object(Bucket="data", Key="k")
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def status_of(url: str) -> int:
    address = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(address.netloc)) as connection:
        connection.request("GET", f"{address.path}?{address.query}")
        return connection.getresponse().status


@pytest.mark.parametrize(
    ("operator", "key", "value", "readable"),
    [
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8", False),
        ("NotIpAddress", "aws:SourceIp", "127.0.0.0/8", True),
        ("Bool", "aws:SecureTransport", "false", False),
        ("StringLike", "aws:UserAgent", "*Boto3*", False),
        ("StringLike", "aws:UserAgent", "*curl*", True),
        ("StringEquals", "s3:authType", "REST-HEADER", False),
        ("StringEquals", "s3:authType", "REST-QUERY-STRING", True),
        ("StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", False),
        ("Null", "aws:TokenIssueTime", "true", False),
    ],
)
def test_a_deny_by_the_request_itself_holds(
    root: Clients, ada: Clients, operator: str, key: str, value: str, readable: bool
) -> None:
    deny_ada(root, **{operator: {key: value}})

    assert may_read(ada("s3")) is readable


def test_presigned_addresses_can_be_told_apart(root: Clients, ada: Clients) -> None:
    s3 = ada("s3", signature_version="s3v4")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "k"})
    deny_ada(root, Bool={"aws:SecureTransport": "true"})
    assert status_of(url) == 200

    deny_ada(root, StringEquals={"s3:authType": "REST-QUERY-STRING"})
    assert (status_of(url), may_read(s3)) == (403, True)
    deny_ada(root, NumericGreaterThanEquals={"s3:signatureAge": "0"})
    assert (status_of(url), may_read(s3)) == (403, True)


@pytest.fixture(scope="module")
def evaluator(served: Served, root: Clients) -> Callable[[str, dict[str, Any]], tuple[int, Any]]:
    """Asks one of the hosts' operations as an evaluator of the ended job ``digits``."""
    iam, records = root("iam"), served.platform.records
    role = iam.create_role(RoleName="Trainer", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    job = {"TrainingJobName": "digits", "TrainingJobStatus": "Completed", "RoleArn": role}
    records.insert("training-job", "digits", job, arn="arn:aws:sagemaker:us-east-1:1:training-job/digits")
    made_at = records.get("training-job", "digits")["CreationTime"]
    rules = {"Status": "Done", "JobCreatedAt": made_at, "Evaluators": {"rules-1": {}}}
    records.insert("rule-evaluation", "digits", rules)
    own = agent_credentials(served.platform, HostName("training-job", "digits", "rules-1"))
    keys = Credentials(own.access_key_id, own.secret_access_key, own.session_token)

    def ask(operation: str, request: dict[str, Any]) -> tuple[int, Any]:
        body = json.dumps({"Host": "digits/rules-1", **request}).encode()
        path = f"/_clary/{operation}"
        with contextlib.closing(served.connect()) as connection:
            headers = served.signed(body, "clary", {HEADER: version()}, keys, path)
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    return ask


@pytest.mark.parametrize(
    ("operator", "key", "value", "status"),
    [
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8", 403),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", 200),
        ("Bool", "aws:SecureTransport", "false", 403),
        ("StringLike", "aws:userid", "*:SageMaker", 403),
        ("StringEquals", "s3:authType", "REST-HEADER", 403),
    ],
)
def test_what_is_staged_is_judged_by_where_its_job_runs(
    root: Clients,
    evaluator: Callable[[str, dict[str, Any]], tuple[int, Any]],
    operator: str,
    key: str,
    value: str,
    status: int,
) -> None:
    text = document("s3:GetObject", {operator: {key: value}})
    root("iam").put_role_policy(RoleName="Trainer", PolicyName="p", PolicyDocument=text)

    assert evaluator("LocateObjects", {"Bucket": "data", "Keys": ["k"]})[0] == status


def test_the_keys_of_an_agent_that_is_over_are_refused(
    served: Served, evaluator: Callable[[str, dict[str, Any]], tuple[int, Any]]
) -> None:
    assert evaluator("RoleCredentials", {})[0] == 200

    served.platform.records.update("rule-evaluation", "digits", {"Evaluators": {"rules-1": {"Over": True}}})

    status, answer = evaluator("RoleCredentials", {})
    served.platform.records.update("rule-evaluation", "digits", {"Evaluators": {"rules-1": {}}})
    assert (status, answer["__type"]) == (403, "UnrecognizedClientException")


def test_logs_names_a_broken_constraint_in_its_own_way(root: Clients) -> None:
    with pytest.raises(ClientError) as refused:
        root("logs", parameter_validation=False).create_log_group(logGroupName="no spaces")

    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


@pytest.mark.parametrize("asking", ["", "0-older"])
def test_a_host_of_another_version_is_told_so_whatever_its_keys(served: Served, asking: str) -> None:
    body, path = json.dumps({"Host": "digits/algo-1"}).encode(), "/_clary/ReportHost"
    headers = {HEADER: asking} if asking else {}
    keys = Credentials("AKIAFORGOTTEN", "secret")

    with contextlib.closing(served.connect()) as connection:
        connection.request("POST", path, body, served.signed(body, "clary", headers, keys, path))
        answer = connection.getresponse()
        told = json.loads(answer.read())

    assert answer.status == 400
    assert told["__type"] == OTHER_VERSION
    assert "Run the job again" in told["message"]
