from __future__ import annotations

from typing import Any

import pytest
from tests.services.access.world import ACCOUNT, World

from clary.domain.errors import Denied
from clary.services.access.bootstrap import EXECUTION_ROLE, POLICY, _execution_policy, ensure_defaults
from clary.services.access.directory import ROLE
from clary.services.iam import role

ARN = f"arn:aws:iam::{ACCOUNT}:role/{EXECUTION_ROLE}"


def test_a_second_start_changes_nothing(world: World) -> None:
    ensure_defaults(world.records, ACCOUNT)
    role.update_role(world.context(), {"RoleName": EXECUTION_ROLE, "Description": "mine"})
    before = role.get_role(world.context(), {"RoleName": EXECUTION_ROLE})

    ensure_defaults(world.records, ACCOUNT)

    assert role.get_role(world.context(), {"RoleName": EXECUTION_ROLE}) == before


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("sagemaker", "CreateTrainingJob", {"TrainingJobName": "j", "RoleArn": ARN}),
        ("sagemaker", "Search", {"Resource": "TrainingJob"}),
        ("sagemaker-metrics", "BatchPutMetrics", {"TrialComponentName": "c"}),
        ("s3", "CreateBucket", {"Bucket": "any"}),
        ("s3", "PutObject", {"Bucket": "any", "Key": "k"}),
        ("ecr", "CreateRepository", {"repositoryName": "any"}),
        ("logs", "GetLogEvents", {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": "s"}),
        ("iam", "GetRole", {"RoleName": EXECUTION_ROLE}),
        ("iam", "SimulatePrincipalPolicy", {"PolicySourceArn": ARN}),
        ("sts", "AssumeRole", {"RoleArn": ARN, "RoleSessionName": "s"}),
    ],
)
def test_the_execution_role_may_what_a_notebook_does(
    world: World, service: str, operation: str, params: dict[str, Any]
) -> None:
    ensure_defaults(world.records, ACCOUNT)

    world.ask(world.session(EXECUTION_ROLE), service, operation, params)


def test_the_execution_role_gives_nobody_rights(world: World) -> None:
    ensure_defaults(world.records, ACCOUNT)

    assert not world.may(world.session(EXECUTION_ROLE), "iam:PutRolePolicy", ARN)


def test_root_may_become_the_execution_role(world: World) -> None:
    ensure_defaults(world.records, ACCOUNT)

    world.ask(world.root, "sts", "AssumeRole", {"RoleArn": ARN, "RoleSessionName": "s"})


def test_the_execution_role_passes_itself_and_no_other(world: World) -> None:
    ensure_defaults(world.records, ACCOUNT)
    session = world.session(EXECUTION_ROLE)
    other = world.role("Strong")

    assert world.may(session, "iam:PassRole", ARN)
    for service in ("CreateTrainingJob", "CreateProcessingJob"):
        with pytest.raises(Denied, match="iam:PassRole"):
            world.ask(session, "sagemaker", service, {"RoleArn": other, f"{service[6:]}Name": "j"})


def test_an_execution_role_of_before_gets_what_it_lacks_unless_its_owner_changed_it(world: World) -> None:
    ensure_defaults(world.records, ACCOUNT)
    new = world.records.get(ROLE, EXECUTION_ROLE.lower())["_policies"]
    earlier = [{POLICY: _execution_policy(ARN, limited=limited, images=False)} for limited in (False, True)]
    for before, after in (*((each, new) for each in earlier), ({"mine": "{}"}, {"mine": "{}"})):
        world.records.update(ROLE, EXECUTION_ROLE.lower(), {"_policies": before})

        ensure_defaults(world.records, ACCOUNT)

        assert world.records.get(ROLE, EXECUTION_ROLE.lower())["_policies"] == after
