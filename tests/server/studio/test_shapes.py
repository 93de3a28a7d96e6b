"""What an operation takes, as forms of the page know it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from tests.server.conftest import Served
from tests.server.studio.browser import Browser

from clary.domain.errors import UnknownOperation
from clary.server.studio.shapes import request_shape
from clary.wire.models import service_model

FIXTURES = Path(__file__).parents[3] / "studio/src/site/lib/shapes"


@pytest.mark.parametrize("operation", ["CreateTrainingJob", "CreateProcessingJob", "Search"])
def test_no_member_is_left_out(operation: str) -> None:
    def check(shape: Shape, told: dict[str, Any]) -> None:
        if told["Type"] == "document":
            return
        if isinstance(shape, StructureShape):
            assert told["Members"].keys() == shape.members.keys()
            assert told["Required"] == shape.required_members
            for name, member in shape.members.items():
                check(member, told["Members"][name])
        elif isinstance(shape, ListShape):
            check(shape.member, told["Of"])
        elif isinstance(shape, MapShape):
            check(shape.value, told["Of"])

    check(
        service_model("sagemaker").operation_model(operation).input_shape,
        request_shape("sagemaker", operation),
    )


@pytest.mark.parametrize("operation", ["CreateTrainingJob", "CreateProcessingJob"])
def test_the_page_tests_its_form_with_the_shape_as_it_is(operation: str) -> None:
    """To write it anew: python -m tests.server.studio.test_shapes."""
    kept = json.loads((FIXTURES / f"{operation}.json").read_text())

    assert kept == json.loads(json.dumps(request_shape("sagemaker", operation)))


def test_constraints_are_told() -> None:
    members = request_shape("sagemaker", "CreateTrainingJob")["Members"]

    assert members["TrainingJobName"] == {
        "Type": "string",
        "Pattern": "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        "Least": 1,
        "Most": 63,
    }
    count = members["ResourceConfig"]["Members"]["InstanceCount"]
    assert count == {"Type": "number", "IsWhole": True, "Least": 0}
    assert "File" in members["AlgorithmSpecification"]["Members"]["TrainingInputMode"]["Enum"]


@pytest.mark.parametrize(
    ("service", "operation"), [("sagemaker", "CreateNothing"), ("s3", "PutObject"), ("nothing", "Search")]
)
def test_what_a_page_can_not_ask_has_no_form(service: str, operation: str) -> None:
    with pytest.raises(UnknownOperation):
        request_shape(service, operation)


def test_a_page_that_is_signed_in_is_told(served: Served) -> None:
    browser = Browser(served)
    wanted = {"Service": "sagemaker", "Operation": "StopTrainingJob"}
    assert browser.post("shape", wanted)[0] == 401

    browser.sign_in()
    status, told = browser.post("shape", wanted)

    assert status == 200
    assert list(told["Members"]) == ["TrainingJobName"]
    assert browser.post("shape", {"Service": ["x"]})[1]["__type"] == UnknownOperation.code


if __name__ == "__main__":
    FIXTURES.mkdir(exist_ok=True)
    for name in ("CreateTrainingJob", "CreateProcessingJob"):
        shape = request_shape("sagemaker", name)
        (FIXTURES / f"{name}.json").write_text(json.dumps(shape, separators=(",", ":")) + "\n")
