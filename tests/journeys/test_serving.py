"""Models are deployed and asked with boto3 alone; what does not start says why and leaves nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.journeys.endpoints import Endpoints, nothing_left
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Clients, Server


@pytest.fixture(scope="module")
def endpoints(jobs: Jobs) -> Endpoints:
    return Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)


@pytest.fixture(autouse=True)
def _left(server: Server, endpoints: Endpoints) -> Iterator[None]:
    with nothing_left(server, endpoints):
        yield


def test_a_model_is_deployed_asked_and_deleted(endpoints: Endpoints) -> None:
    name = endpoints.create(endpoints.config(endpoints.model(3)))
    assert endpoints.describe(name)["EndpointStatus"] == "Creating"

    seen = endpoints.wait(name)

    [variant] = seen["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 1)
    assert endpoints.ask(name, value=7)["answer"] == 21
    endpoints.delete(name)
    sagemaker = endpoints.clients("sagemaker")
    with pytest.raises(sagemaker.exceptions.ClientError, match="Could not find endpoint"):
        endpoints.describe(name)


def test_an_answer_that_fails_is_told_with_the_models_own_words_and_the_next_is_right(
    endpoints: Endpoints,
) -> None:
    name = endpoints.deploy(endpoints.model(3))
    runtime = endpoints.clients("sagemaker-runtime")

    with pytest.raises(runtime.exceptions.ModelError) as refused:
        endpoints.ask(name, fail="that")

    assert refused.value.response["OriginalStatusCode"] == 500
    assert "no answer to that" in "\n".join(endpoints.log(name))
    assert endpoints.ask(name)["answer"] == 21


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (b"import nowhere_to_be_found\n", "nowhere_to_be_found"),
        (
            b"def model_fn(model_dir):\n    raise RuntimeError('the weights are torn')\n",
            "the weights are torn",
        ),
    ],
)
def test_code_that_does_not_start_fails_the_endpoint_with_its_last_words(
    endpoints: Endpoints, code: bytes, words: str
) -> None:
    name = endpoints.create(endpoints.config(endpoints.model(code=code)))

    seen = endpoints.wait(name, expect="Failed")

    assert words in seen["FailureReason"]
    assert "did not pass the ping health check" in seen["FailureReason"]
    assert words in "\n".join(endpoints.log(name))


def test_a_model_whose_file_went_away_fails_the_endpoint_and_names_it(endpoints: Endpoints) -> None:
    model = endpoints.model()
    endpoints.clients("s3").delete_object(Bucket=endpoints.bucket, Key=f"{model}/model.tar.gz")

    seen = endpoints.wait(endpoints.create(endpoints.config(model)), expect="Failed")

    assert f"{model}/model.tar.gz" in seen["FailureReason"]


def test_a_role_that_may_no_longer_read_the_model_fails_the_endpoint_and_is_named(
    endpoints: Endpoints, root: Clients
) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    name = unique_name("blind")
    iam = root("iam")
    role = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    readable = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [readable]})
    iam.put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=document)
    own = Endpoints(root, endpoints.bucket, role)
    config = own.config(own.model())
    iam.delete_role_policy(RoleName=name, PolicyName="reads")

    seen = own.wait(own.create(config), expect="Failed")

    assert "s3:GetObject" in seen["FailureReason"] or "s3:ListBucket" in seen["FailureReason"]
    assert name in seen["FailureReason"]


def test_two_variants_share_requests_by_weight_and_each_can_be_named(endpoints: Endpoints) -> None:
    name = endpoints.deploy(endpoints.model(2), endpoints.model(5))
    sagemaker = endpoints.clients("sagemaker")

    asked = Counter(endpoints.ask(name)["factor"] for _ in range(60))
    assert set(asked) == {2, 5}
    assert [endpoints.ask(name, TargetVariant=each)["factor"] for each in ("One", "Two")] == [2, 5]

    weights = [{"VariantName": "One", "DesiredWeight": 0.0}, {"VariantName": "Two", "DesiredWeight": 1.0}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=weights)
    endpoints.wait(name)

    assert {endpoints.ask(name)["factor"] for _ in range(20)} == {5}
