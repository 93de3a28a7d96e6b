"""Services and operations that are not served: real clients get an error that says so, and do not retry."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from .conftest import Served

STRANGERS = {
    "ec2": ("describe_instances", {}),
    "sqs": ("list_queues", {}),
    "dynamodb": ("list_tables", {}),
    "rds": ("describe_db_instances", {}),
    "sns": ("list_topics", {}),
    "cloudformation": ("describe_stacks", {}),
    "lambda": ("list_functions", {}),
    "apigateway": ("get_rest_apis", {}),
    "route53": ("list_hosted_zones", {}),
    "cloudfront": ("list_distributions", {}),
    "events": ("list_rules", {}),
    "acm-pca": ("list_certificate_authorities", {}),
    "secretsmanager": ("list_secrets", {}),
}


def client(served: Served, service: str, region: str = "us-east-1", **config: Any) -> Any:
    return Session().create_client(
        service,
        region,
        endpoint_url=f"http://{served.host}:{served.port}",
        aws_access_key_id=served.keys.access_key,
        aws_secret_access_key=served.keys.secret_key,
        config=Config(**config),
    )


def refused(call: Any, **arguments: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value


def test_a_service_that_is_not_here_says_so_in_its_own_protocol(served: Served) -> None:
    for service, (operation, arguments) in STRANGERS.items():
        # Its own region does not matter: CloudFront signs for us-east-1 from everywhere.
        error = refused(getattr(client(served, service, "eu-west-1"), operation), **arguments)

        assert "is not here; there are sagemaker, logs" in error.response["Error"]["Message"], service
        assert error.response["Error"]["Code"] in ("InvalidAction", "UnknownOperationException"), service
        metadata = error.response["ResponseMetadata"]
        assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (400, 0), service
        assert metadata.get("RequestId"), service


UNSIGNED_OPERATIONS = {
    "assume_role_with_web_identity": {
        "RoleArn": "arn:aws:iam::111122223333:role/r",
        "RoleSessionName": "me",
        "WebIdentityToken": "t" * 20_000,
    },
    "assume_role_with_saml": {
        "RoleArn": "arn:aws:iam::111122223333:role/r",
        "PrincipalArn": "arn:aws:iam::111122223333:saml-provider/p",
        "SAMLAssertion": "+/" * 50_000,
    },
}  # fmt: skip


@pytest.mark.parametrize("operation", UNSIGNED_OPERATIONS)
def test_an_operation_that_needs_no_signature_says_that_it_is_not_built(
    served: Served, operation: str
) -> None:
    sts = client(served, "sts", signature_version=UNSIGNED)

    error = refused(getattr(sts, operation), **UNSIGNED_OPERATIONS[operation])

    assert error.response["Error"]["Code"] == "InvalidAction"
    assert "that Clary does not serve yet" in error.response["Error"]["Message"]
    assert error.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_an_operation_that_is_here_still_needs_its_signature(served: Served) -> None:
    error = refused(client(served, "sts", signature_version=UNSIGNED).get_caller_identity)

    assert error.response["Error"]["Code"] == "MissingAuthenticationToken"


def test_an_unsigned_service_that_is_not_here_says_so(served: Served) -> None:
    error = refused(client(served, "cognito-identity").get_id, IdentityPoolId="us-east-1:a")

    assert "is not here" in error.response["Error"]["Message"]


@pytest.mark.parametrize("service", ["sts", "iam"])
def test_global_services_take_their_own_region_and_the_server_s(served: Served, service: str) -> None:
    operation = {"sts": "get_caller_identity", "iam": "list_users"}[service]
    getattr(client(served, service, "us-east-1"), operation)()

    error = refused(getattr(client(served, service, "eu-west-1"), operation))

    assert "scoped to a valid region, not 'eu-west-1'" in error.response["Error"]["Message"]
    assert error.response["Error"]["Code"] == "SignatureDoesNotMatch"
