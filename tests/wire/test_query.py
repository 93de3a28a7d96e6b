"""Details of STS and IAM."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from clary.domain.errors import SerializationError
from clary.wire import codec
from clary.wire.http import HttpRequest
from clary.wire.models import service_model

IAM = service_model("iam")


def parse(name: str, form: str, query: str = "") -> dict[str, Any]:
    return codec.parse(IAM.operation_model(name), HttpRequest("POST", "/", query, {}, form.encode()))


def test_lists_are_put_in_the_order_of_their_numbers() -> None:
    form = "&".join(f"ActionNames.member.{number}=a{number}" for number in (10, 2, 1))

    assert parse("SimulatePrincipalPolicy", form)["ActionNames"] == ["a1", "a2", "a10"]


def test_an_empty_list_is_an_empty_text() -> None:
    assert parse("SimulatePrincipalPolicy", "ActionNames=") == {"ActionNames": []}


def test_a_plus_is_a_space_and_percent_is_decoded() -> None:
    assert parse("GetRole", "RoleName=a+b%2Bc%C3%BC") == {"RoleName": "a b+cü"}


def test_parameters_may_stand_in_the_address() -> None:
    assert parse("GetRole", "", "Action=GetRole&RoleName=a&X-Amz-Date=x") == {"RoleName": "a"}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("ListRoles", "MaxItems=many"),
        ("ListRoles", "MaxItems=" + "9" * 10_000),
        ("ListRoles", "MaxItems.member.1=5"),
        ("ListPolicies", "OnlyAttached=perhaps"),
        ("SimulatePrincipalPolicy", "ActionNames=notalist"),
        ("SimulatePrincipalPolicy", "ActionNames.member.x=a"),
        ("SimulatePrincipalPolicy", "ActionNames.member.1.deeper=a"),
        ("GetRole", "RoleName=%FF"),
        ("GetRole", "a" + ".b" * 1000 + "=1"),
        ("GetRole", "a=1&" * 30_000),
        ("GetRole", "RoleName=\udcff"),
    ],
    ids=lambda text: text[:40].encode("ascii", "replace").decode(),
)
def test_a_broken_form_is_refused(name: str, form: str) -> None:
    request = HttpRequest("POST", "/", "", {}, form.encode("utf-8", "surrogateescape"))

    with pytest.raises(SerializationError):
        codec.parse(IAM.operation_model(name), request)


def test_an_answer_is_wrapped_as_the_model_says() -> None:
    sts = service_model("sts").operation_model("GetCallerIdentity")

    root = ElementTree.fromstring(
        codec.respond(sts, {"Account": "1", "Arn": "a", "UserId": "u"}, "req-1").body
    )

    space = "{https://sts.amazonaws.com/doc/2011-06-15/}"
    assert root.tag == f"{space}GetCallerIdentityResponse"
    assert root.findtext(f"{space}GetCallerIdentityResult/{space}Account") == "1"
    assert root.findtext(f"{space}ResponseMetadata/{space}RequestId") == "req-1"


def test_an_answer_without_members_has_its_metadata() -> None:
    root = ElementTree.fromstring(codec.respond(IAM.operation_model("DeleteRole"), {}, "req-1").body)

    assert [child.tag.rpartition("}")[2] for child in root] == ["ResponseMetadata"]
