"""Warm pools: when a job keeps its instances, for how long, and which job takes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.training_job.test_state import NOW, TO_THE_END, decide, host, job

from clary.domain.errors import ValidationError
from clary.domain.hosts import Outcome, Phase
from clary.kinds.decision import Desired, Seen
from clary.kinds.training_job.state import end_without_hosts, next_state
from clary.kinds.training_job.warm_pool import (
    check_update,
    check_warm_pool,
    is_kept,
    matches,
    reused,
    with_pool,
)

RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
KEPT = {**RESOURCES, "KeepAlivePeriodInSeconds": 600}


def pooled(**members: Any) -> dict[str, Any]:
    return (
        job(RoleArn="arn:aws:iam::1:role/a", ResourceConfig=KEPT, **with_pool({"ResourceConfig": KEPT}))
        | members
    )


def ended(**members: Any) -> dict[str, Any]:
    record = pooled(_Hosts={"algo-1": "handle"})
    done = host(*TO_THE_END, outcome=Outcome.SUCCEEDED, exited=True)
    return record | decide(record, [done], NOW).changes | members


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.SUCCEEDED, "Available"),
        (Outcome.FAILED, "Available"),
        (Outcome.CLIENT_ERROR, "Available"),
        (Outcome.MAX_RUNTIME, "Available"),
        (Outcome.STOPPED, "Available"),
        (Outcome.INTERNAL_ERROR, "Terminated"),
    ],
)
def test_what_is_kept_depends_on_the_health_of_the_hosts(outcome: str, status: str) -> None:
    record = pooled()

    decision = decide(record, [host(*TO_THE_END, outcome=outcome, reason="boom", exited=True)], NOW)

    assert record["WarmPoolStatus"] == {"Status": "InUse"}
    assert decision.finished
    assert decision.changes["WarmPoolStatus"]["Status"] == status
    assert is_kept(record | decision.changes) is (status == "Available")


def test_nothing_is_kept_of_a_job_that_had_no_hosts() -> None:
    assert end_without_hosts(pooled(), NOW).changes["WarmPoolStatus"]["Status"] == "Terminated"
    assert "WarmPoolStatus" not in end_without_hosts(job(), NOW).changes


def test_a_period_that_was_taken_back_keeps_nothing() -> None:
    record = pooled(ResourceConfig={**KEPT, "KeepAlivePeriodInSeconds": 0})

    decision = decide(record, [host(*TO_THE_END, outcome=Outcome.SUCCEEDED, exited=True)], NOW)

    assert decision.changes["WarmPoolStatus"] == {
        "Status": "Terminated",
        "ResourceRetainedBillableTimeInSeconds": 0,
    }


def test_a_pool_is_kept_for_its_period_and_no_longer() -> None:
    record = ended()
    over = [replace(host(*TO_THE_END, outcome=Outcome.SUCCEEDED), exited=True)]

    stays = next_state(record, Seen(over), 985.0 + 599.0)
    goes = next_state(record, Seen(over), 985.0 + 4000.0)

    assert (stays.changes, stays.hosts) == ({}, Desired.AS_THEY_ARE)
    assert goes.changes["WarmPoolStatus"] == {
        "Status": "Terminated",
        "ResourceRetainedBillableTimeInSeconds": 600,
    }
    assert not is_kept(record | goes.changes)
    assert not goes.finished, "it has ended before"


def test_a_shorter_period_ends_it_at_once() -> None:
    record = ended(ResourceConfig={**KEPT, "KeepAlivePeriodInSeconds": 0})

    decision = next_state(record, Seen(), 990.0)

    assert decision.changes["WarmPoolStatus"]["Status"] == "Terminated"


def test_a_pool_ends_when_a_node_is_lost() -> None:
    decision = next_state(ended(), Seen([replace(host(), exited=True, lost=True)]), 990.0)

    assert decision.changes["WarmPoolStatus"]["Status"] == "Terminated"
    assert decision.changes["WarmPoolStatus"]["ResourceRetainedBillableTimeInSeconds"] == 5


def test_a_job_that_takes_it_is_named() -> None:
    changes = reused(ended(), "next", 1003.0)

    assert changes["WarmPoolStatus"] == {
        "Status": "Reused",
        "ResourceRetainedBillableTimeInSeconds": 18,
        "ReusedByJob": "next",
    }


VPC = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, True),
        # The next job has its own image, data and period.
        ({"AlgorithmSpecification": {"TrainingImage": "other"}, "ResourceConfig": RESOURCES}, True),
        ({"EnableNetworkIsolation": False}, True),
        ({"RoleArn": "arn:aws:iam::1:role/b"}, False),
        ({"ResourceConfig": {**RESOURCES, "InstanceCount": 2}}, False),
        ({"ResourceConfig": {**RESOURCES, "InstanceType": "ml.m5.xlarge"}}, False),
        ({"ResourceConfig": {**RESOURCES, "VolumeSizeInGB": 2}}, False),
        ({"ResourceConfig": {**RESOURCES, "VolumeKmsKeyId": "key"}}, False),
        ({"VpcConfig": VPC}, False),
        ({"EnableNetworkIsolation": True}, False),
        ({"EnableInterContainerTrafficEncryption": True}, False),
        ({"EnableManagedSpotTraining": True}, False),
        ({"ResourceConfig": {"InstanceGroups": [], "VolumeSizeInGB": 1}}, False),
    ],
)
def test_which_job_may_take_it(members: dict[str, Any], expected: bool) -> None:
    assert matches(pooled(**members), ended()) is expected


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"ResourceConfig": {"InstanceGroups": [], "KeepAlivePeriodInSeconds": 1}}, "InstanceGroups"),
        ({"ResourceConfig": KEPT, "EnableManagedSpotTraining": True}, "EnableManagedSpotTraining"),
    ],
)
def test_jobs_that_keep_no_instances_are_refused(members: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        check_warm_pool(members)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"WarmPoolStatus": {"Status": "Terminated"}}, "its warm pool is Terminated"),
        ({"WarmPoolStatus": {"Status": "Reused", "ReusedByJob": "next"}}, "is Reused by next"),
        ({"WarmPoolStatus": {}}, "has no warm pool"),
    ],
)
def test_the_period_of_what_is_over_is_not_changed(members: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        check_update(ended(**members))


def test_a_pool_that_is_there_may_be_changed() -> None:
    check_update(ended())
    check_update(pooled())


def test_a_lost_host_leaves_nothing_to_keep() -> None:
    lost = replace(host((Phase.TRAINING, 920.0), exited=True), lost=True)

    decision = decide(pooled(), [lost], NOW)

    assert decision.changes["WarmPoolStatus"]["Status"] == "Terminated"
