from __future__ import annotations

import json

import pytest
from tests.wire.samples import operations, sample, send

from clary.wire.http import HttpRequest
from clary.wire.limits import body_limit, limit_before_routing
from clary.wire.models import service_model


def limit(service: str, operation: str) -> int:
    return body_limit(service_model(service).operation_model(operation))


def test_a_sample_of_every_operation_is_within_its_limit() -> None:
    for operation in operations():
        assert len(send(operation, sample(operation.input_shape)).body) <= body_limit(operation)


def test_the_longest_tags_are_within_the_limit_however_they_are_escaped() -> None:
    tags = [{"Key": "\U0001f600" * 128, "Value": "\U0001f600" * 256}] * 50
    body = json.dumps({"ResourceArn": "a" * 256, "Tags": tags}, indent=4)

    assert 200_000 < len(body) <= limit("sagemaker", "AddTags") < 300_000


def test_an_operation_without_lengths_has_the_limit_of_its_protocol() -> None:
    assert limit("sagemaker", "Search") == limit("logs", "PutLogEvents") == 8 << 20
    assert limit("s3", "DeleteObjects") == 4 << 20


def test_a_log_batch_of_control_characters_is_within_the_limit() -> None:
    assert len(json.dumps("\0" * (1 << 20))) < limit("logs", "PutLogEvents")


@pytest.mark.parametrize("headers", [{}, {"x-amz-target": "GraniteServiceVersion20100801.GetMetricData"}])
def test_a_service_is_known_by_the_name_it_is_signed_with(headers: dict[str, str]) -> None:
    assert limit_before_routing("monitoring", HttpRequest("POST", "/", "", headers)) > 1 << 20


@pytest.mark.parametrize("service", ["ec2", "nothing"])
def test_a_service_that_is_not_here_may_send_little(service: str) -> None:
    assert limit_before_routing(service, HttpRequest("POST", "/", "", {})) == 64 << 10


def test_an_operation_in_the_head_has_its_own_limit_and_one_in_the_form_the_greatest() -> None:
    tags = HttpRequest("POST", "/", "", {"x-amz-target": "SageMaker.AddTags"})

    assert limit_before_routing("sagemaker", tags) == limit("sagemaker", "AddTags")
    assert limit_before_routing("iam", HttpRequest("POST", "/", "", {})) >= limit("iam", "CreatePolicy")
