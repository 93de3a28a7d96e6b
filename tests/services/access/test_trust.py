from __future__ import annotations

import json

import pytest
from tests.services.access.world import trusting

from clary.services.access.document import MalformedPolicy, PolicyKind
from clary.services.access.policy import compile_policy
from clary.services.access.trust import Principal, Trust, trust_of, trusts_service

ROLE = "arn:aws:iam::111122223333:role/Runner"
ADA = Principal(account="111122223333", names=frozenset({"arn:aws:iam::111122223333:user/ada"}))
STRANGER = Principal(account="999999999999", names=frozenset({"arn:aws:iam::999999999999:user/eve"}))


@pytest.mark.parametrize(
    ("document", "principal", "expected"),
    [
        (trusting(AWS="arn:aws:iam::111122223333:user/ada"), ADA, Trust.NAMED),
        (trusting(AWS=["arn:aws:iam::111122223333:user/bob"]), ADA, Trust.NONE),
        (trusting(AWS="*"), STRANGER, Trust.NAMED),
        (trusting(AWS="111122223333"), ADA, Trust.ACCOUNT),
        (trusting(AWS="arn:aws:iam::111122223333:root"), ADA, Trust.ACCOUNT),
        (trusting(AWS="arn:aws:iam::111122223333:root"), STRANGER, Trust.NONE),
        (trusting(Service="sagemaker.amazonaws.com"), ADA, Trust.NONE),
        (
            trusting(Service="sagemaker.amazonaws.com"),
            Principal(service="sagemaker.amazonaws.com"),
            Trust.NAMED,
        ),
        (trusting(Service=["ec2.amazonaws.com"]), Principal(service="sagemaker.amazonaws.com"), Trust.NONE),
        (trusting(AWS="*"), Principal(service="sagemaker.amazonaws.com"), Trust.NONE),
    ],
)
def test_a_role_trusts_whom_its_policy_names(document: str, principal: Principal, expected: Trust) -> None:
    assert trust_of(document, principal, "sts:AssumeRole", ROLE, {}) is expected


def test_a_condition_has_to_hold() -> None:
    document = trusting(AWS="111122223333", Condition={"StringEquals": {"sts:ExternalId": "secret"}})

    assert trust_of(document, ADA, "sts:AssumeRole", ROLE, {}) is Trust.NONE
    assert trust_of(document, ADA, "sts:AssumeRole", ROLE, {"sts:externalid": "secret"}) is Trust.ACCOUNT


def test_a_deny_overrides() -> None:
    statements = [
        {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "sts:*"},
    ]

    document = json.dumps({"Version": "2012-10-17", "Statement": statements})

    assert trust_of(document, ADA, "sts:AssumeRole", ROLE, {}) is Trust.NONE
    assert trust_of(document, STRANGER, "sts:AssumeRole", ROLE, {}) is Trust.NAMED


def test_another_action_is_not_trusted() -> None:
    document = trusting(Service="sagemaker.amazonaws.com").replace("sts:AssumeRole", "sts:TagSession")

    assert not trusts_service(document, ROLE)


@pytest.mark.parametrize(
    ("condition", "trusted"),
    [
        ({"StringEquals": {"aws:SourceAccount": "111122223333"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:training-job/*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:processing-job/*"}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, True),
        ({"StringEquals": {"sts:ExternalId": "x"}}, False),
    ],
)
def test_a_role_may_trust_the_service_for_jobs_of_its_account_only(
    condition: dict[str, object], trusted: bool
) -> None:
    document = trusting(Service="sagemaker.amazonaws.com", Condition=condition)
    job = "arn:aws:sagemaker:us-west-2:111122223333:training-job/j"

    assert trusts_service(document, ROLE, account="111122223333", source_arn=job) is trusted


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "Principal"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "ada"}, "Principal"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"User": "ada"}}, "User"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "ada"}}, "Invalid principal"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": 1}}, "list of strings"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*", "Resource": "*"}, "Resource"),
    ],
)
def test_a_malformed_trust_policy_is_refused(statement: dict[str, object], place: str) -> None:
    with pytest.raises(MalformedPolicy, match=place):
        compile_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}), PolicyKind.TRUST)
