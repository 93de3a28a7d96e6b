from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.access.world import ACCOUNT, allow, deny, policy

from clary.domain.errors import PlatformError
from clary.services.iam import role_policy, simulate

if TYPE_CHECKING:
    from tests.services.access.world import World

BUCKET, OBJECT = "arn:aws:s3:::b", "arn:aws:s3:::b/k"


def ask(world: World, arn: str, *actions: str, **more: Any) -> list[dict[str, Any]]:
    request = {"PolicySourceArn": arn, "ActionNames": list(actions), "ResourceArns": [OBJECT], **more}
    results: list[dict[str, Any]] = simulate.simulate_principal_policy(world.context(), request)[
        "EvaluationResults"
    ]
    return results


def test_a_role_is_told_what_it_may(world: World) -> None:
    arn = world.role("Runner", allow("s3:*"), deny("s3:DeleteObject"))

    results = ask(world, arn, "s3:GetObject", "s3:DeleteObject", "iam:GetRole")

    assert [(result["EvalActionName"], result["EvalDecision"]) for result in results] == [
        ("s3:GetObject", "allowed"),
        ("s3:DeleteObject", "explicitDeny"),
        ("iam:GetRole", "implicitDeny"),
    ]
    assert {result["EvalResourceName"] for result in results} == {OBJECT}


def test_the_simulation_decides_as_a_request_would(world: World) -> None:
    arn = world.role("Runner", allow("s3:Get*", on="arn:aws:s3:::b/*"), deny("s3:GetObjectTagging"))

    for action in ("s3:GetObject", "s3:GetObjectTagging", "s3:PutObject"):
        allowed = ask(world, arn, action)[0]["EvalDecision"] == "allowed"
        assert allowed is world.may(world.session("Runner"), action, OBJECT)


def test_every_action_is_tried_on_every_resource_in_pages(world: World) -> None:
    arn = world.role("Runner", allow("s3:GetObject", on=OBJECT))
    request = {
        "PolicySourceArn": arn,
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": [OBJECT, BUCKET],
        "MaxItems": 3,
    }

    first = simulate.simulate_principal_policy(world.context(), request)
    second = simulate.simulate_principal_policy(world.context(), {**request, "Marker": first["Marker"]})

    assert [(r["EvalActionName"], r["EvalResourceName"]) for r in first["EvaluationResults"]] == [
        ("s3:GetObject", OBJECT),
        ("s3:GetObject", BUCKET),
        ("s3:PutObject", OBJECT),
    ]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    assert len(second["EvaluationResults"]) == 1


def test_context_entries_are_what_conditions_see(world: World) -> None:
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    arn = world.role("Runner", allow("iam:PassRole", Condition=condition))
    entry = {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyValues": ["sagemaker.amazonaws.com"],
        "ContextKeyType": "string",
    }

    without = ask(world, arn, "iam:PassRole")[0]
    with_entry = ask(world, arn, "iam:PassRole", ContextEntries=[entry])[0]

    assert (without["EvalDecision"], without["MissingContextValues"]) == (
        "implicitDeny",
        ["iam:passedtoservice"],
    )
    assert (with_entry["EvalDecision"], with_entry["MissingContextValues"]) == ("allowed", [])


def test_a_result_says_which_policy_decided(world: World) -> None:
    arn = world.role("Runner")
    role_policy.attach_role_policy(
        world.context(), {"RoleName": "Runner", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}
    )

    assert ask(world, arn, "s3:GetObject")[0]["MatchedStatements"] == [
        {"SourcePolicyId": "AmazonS3FullAccess", "SourcePolicyType": "aws-managed"}
    ]


def test_more_policies_and_a_boundary_can_be_tried(world: World) -> None:
    arn = world.role("Runner", allow("s3:*"))

    denied = ask(world, arn, "s3:GetObject", PolicyInputList=[policy(deny("s3:*"))])[0]
    bounded = ask(
        world, arn, "s3:GetObject", PermissionsBoundaryPolicyInputList=[policy(allow("s3:PutObject"))]
    )[0]

    assert denied["EvalDecision"] == "explicitDeny"
    assert bounded["EvalDecision"] == "implicitDeny"
    assert bounded["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_a_user_can_be_simulated(world: World) -> None:
    ada = world.user("ada", allow("s3:*", on="arn:aws:s3:::b/${aws:username}/*"))

    results = ask(
        world, ada.arn, "s3:GetObject", ResourceArns=["arn:aws:s3:::b/ada/x", "arn:aws:s3:::b/bob/x"]
    )

    assert [result["EvalDecision"] for result in results] == ["allowed", "implicitDeny"]


def test_a_custom_policy_stands_alone(world: World) -> None:
    request = {"PolicyInputList": [policy(allow("s3:GetObject"))], "ActionNames": ["s3:GetObject"]}

    result = simulate.simulate_custom_policy(world.context(), request)["EvaluationResults"][0]

    assert (result["EvalDecision"], result["EvalResourceName"]) == ("allowed", "*")


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/Nobody", "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:group/g", "InvalidInput"),
        ("nonsense-that-is-no-arn", "InvalidInput"),
    ],
)
def test_a_source_has_to_be_a_user_or_a_role(world: World, arn: str, code: str) -> None:
    with pytest.raises(PlatformError) as error:
        ask(world, arn, "s3:GetObject")

    assert error.value.code == code
