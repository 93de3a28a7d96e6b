"""boto3 against the gateway, without a socket between them."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ClientError
from tests.services.access.world import ACCOUNT, REGION, allow, policy, trusting

from clary.domain.identity import Credentials
from clary.server.gateway import Gateway
from clary.server.platform import build_platform
from clary.server.settings import Settings
from clary.server.state import StateFolder
from clary.services.access.bootstrap import EXECUTION_ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from botocore.awsrequest import AWSPreparedRequest

    from clary.kinds.stores import Machines

    Connect = Callable[..., Any]

ARN = f"arn:aws:iam::{ACCOUNT}:role/{EXECUTION_ROLE}"


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Makes a client: ``connect("iam", credentials)``; root's without credentials."""
    settings = Settings(home=tmp_path, region=REGION, account=ACCOUNT)
    nowhere = cast("Machines", None)  # no job is started here
    platform = build_platform(settings, StateFolder(tmp_path), nowhere)
    gateway = Gateway(platform)
    root = platform.state.root_credentials()

    def send(request: AWSPreparedRequest, **_more: Any) -> AWSResponse:
        return asyncio.run(exchange(gateway, request))

    def connect(service: str, credentials: Credentials = root) -> Any:
        client = boto3.client(
            service,
            region_name=REGION,
            endpoint_url="http://127.0.0.1:9",
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token or None,
        )
        client.meta.events.register("before-send", send)
        return client

    yield connect
    platform.close()


class Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


async def exchange(gateway: Gateway, request: AWSPreparedRequest) -> AWSResponse:
    url = urlsplit(request.url)
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    headers = {name.lower(): value for name, value in request.headers.items()} | {"host": url.netloc}
    scope: dict[str, Any] = {
        "type": "http",
        "method": request.method,
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [
            (name.encode(), value if isinstance(value, bytes) else str(value).encode())
            for name, value in headers.items()
        ],
        "client": ("127.0.0.1", 1),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: Any) -> None:
        sent.append(message)

    await gateway(scope, receive, keep)
    found = HeadersDict({name.decode(): value.decode() for name, value in sent[0]["headers"]})
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return AWSResponse(request.url, sent[0]["status"], found, Body(content))


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**params)
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def session_of(connect: Connect) -> Credentials:
    found = connect("sts").assume_role(RoleArn=ARN, RoleSessionName="SageMaker")["Credentials"]
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def test_a_session_is_an_assumed_role(connect: Connect) -> None:
    identity = connect("sts", session_of(connect)).get_caller_identity()

    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{EXECUTION_ROLE}/SageMaker"


def test_a_notebook_finds_its_role_and_asks_what_it_may(connect: Connect) -> None:
    iam = connect("iam", session_of(connect))

    role = iam.get_role(RoleName=EXECUTION_ROLE)["Role"]
    results = iam.simulate_principal_policy(
        PolicySourceArn=role["Arn"], ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::b/*"]
    )["EvaluationResults"]

    assert role["Arn"] == ARN
    services = [
        statement["Principal"].get("Service") for statement in role["AssumeRolePolicyDocument"]["Statement"]
    ]
    assert "sagemaker.amazonaws.com" in services
    assert [result["EvalDecision"] for result in results] == ["allowed"]


def test_policy_documents_arrive_decoded(connect: Connect) -> None:
    iam = connect("iam")
    document = policy(allow("s3:*", on="arn:aws:s3:::b/a+b %/*"))

    arn = iam.create_policy(PolicyName="m", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_policy(RoleName=EXECUTION_ROLE, PolicyName="p", PolicyDocument=document)

    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    inline = iam.get_role_policy(RoleName=EXECUTION_ROLE, PolicyName="p")
    assert version["Document"] == inline["PolicyDocument"]
    assert version["Document"]["Statement"][0]["Resource"] == "arn:aws:s3:::b/a+b %/*"


def test_a_user_is_held_to_its_policies(connect: Connect) -> None:
    iam = connect("iam")
    iam.create_user(UserName="ada")
    made = iam.create_access_key(UserName="ada")["AccessKey"]
    keys = Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    assert refusal(connect("iam", keys).get_user) == ("AccessDenied", 403)
    iam.put_user_policy(UserName="ada", PolicyName="p", PolicyDocument=policy(allow("iam:GetUser")))
    assert connect("iam", keys).get_user()["User"]["UserName"] == "ada"
    assert refusal(connect("sagemaker", keys).list_training_jobs) == ("AccessDeniedException", 400)
    assert refusal(connect("s3", keys).list_buckets) == ("AccessDenied", 403)


def test_errors_have_the_classes_clients_catch(connect: Connect) -> None:
    iam = connect("iam")

    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="Nobody")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=EXECUTION_ROLE, AssumeRolePolicyDocument=trusting(AWS=ACCOUNT))
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.create_role(RoleName="New", AssumeRolePolicyDocument="{")


def test_unknown_keys_are_refused_as_each_service_does(connect: Connect) -> None:
    keys = Credentials("AKIAXXXXXXXXXXXXXXXX", "secret")

    assert refusal(connect("sts", keys).get_caller_identity) == ("InvalidClientTokenId", 403)
    assert refusal(connect("s3", keys).list_buckets) == ("InvalidAccessKeyId", 403)
    assert refusal(connect("sagemaker", keys).list_training_jobs)[0] == "UnrecognizedClientException"


def test_paginators_go_through_every_page(connect: Connect) -> None:
    iam = connect("iam")

    pages = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 3})

    paged = [found["Arn"] for page in pages for found in page["Policies"]]
    assert paged == [found["Arn"] for found in iam.list_policies()["Policies"]]
