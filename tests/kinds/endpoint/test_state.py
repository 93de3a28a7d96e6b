"""Every edge of the drawing in ``kinds/endpoint/state.py``, without a process."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kinds.endpoint.made import NOW, SERVERLESS, Life, endpoint, generation, report, variant

from clary.domain.errors import ValidationError
from clary.domain.hosts import Outcome, Phase
from clary.kinds.decision import HostSeen, Seen
from clary.kinds.endpoint import KIND
from clary.kinds.endpoint.record import with_weights_and_capacities
from clary.kinds.endpoint.routes import routes_of, shift_of
from clary.kinds.endpoint.state import DRAIN_S, PROVISION_S, launched, next_state, waiting


def life(*generations: dict[str, Any], **members: Any) -> Life:
    return Life(KIND, endpoint(*generations, **members))


def in_service(*variants: dict[str, Any]) -> Life:
    """An endpoint whose first generation serves."""
    begun = life(generation(1, "starting", *variants))
    begun.step()
    begun.serves()
    begun.step()
    assert begun.status == "InService"
    return begun


def update(present: Life, new: dict[str, Any]) -> None:
    present.record["_Generations"].append(new)
    present.record["EndpointStatus"] = "Updating"


def resize(present: Life, **wish: Any) -> None:
    asked = [{"VariantName": "AllTraffic", **wish}]
    present.record.update(with_weights_and_capacities(present.record, asked, present.now))


def served_by(present: Life) -> list[str]:
    return [instance.name for each in routes_of(present.record).variants for instance in each.instances]


def test_a_new_endpoint_starts_a_host_for_each_container_of_each_instance() -> None:
    pipeline = variant("Both", InstanceCount=2, Containers=[{"Image": "a"}, {"Image": "b"}])
    begun = life(generation(1, "starting", variant(), pipeline))

    begun.step()

    assert begun.names == ["g1-v1-i1-c1", *(f"g1-v2-i{i}-c{c}" for i in (1, 2) for c in (1, 2))]
    assert begun.status == "Creating"


def test_it_is_in_service_when_the_last_host_has_answered_ping() -> None:
    begun = life(generation(1, "starting", variant(InstanceCount=2)))
    begun.step()
    begun.serves("g1-v1-i1-c1")

    begun.step()
    assert begun.status == "Creating"
    assert served_by(begun) == []
    begun.serves("g1-v1-i2-c1")
    begun.step()

    assert begun.status == "InService"
    assert served_by(begun) == ["g1-v1-i1", "g1-v1-i2"]


def test_an_endpoint_in_service_changes_nothing_by_itself() -> None:
    served = in_service()
    before = dict(served.record)

    served.settle(seconds=1_000.0)

    assert served.record == before


def test_a_container_that_ends_before_it_serves_fails_the_endpoint_and_leaves_no_host() -> None:
    begun = life(generation(1, "starting", variant(InstanceCount=2)))
    begun.step()
    begun.ends("g1-v1-i1-c1", Outcome.FAILED, "ModuleNotFoundError: No module named 'missing'")

    begun.step()
    assert begun.status == "Creating", "another host still runs"
    begun.step()

    assert (begun.status, begun.finished) == ("Failed", True)
    assert all(host.exited for host in begun.hosts.values())
    assert begun.record["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health check. "
        "ModuleNotFoundError: No module named 'missing'"
    )


def test_the_container_of_a_pipeline_that_does_not_start_is_named() -> None:
    both = variant(Containers=[{"Image": "a"}, {"Image": "b", "ContainerHostname": "second"}])
    begun = life(generation(1, "starting", both))
    begun.step()
    begun.ends("g1-v1-i1-c2", Outcome.FAILED, "torn")

    begun.settle()

    assert begun.record["FailureReason"].startswith("The container second for production variant AllTraffic")


def test_the_reason_of_a_model_that_is_not_there_is_told_as_it_is() -> None:
    begun = life()
    begun.step()
    begun.ends("g1-v1-i1-c1", Outcome.CLIENT_ERROR, "ClientError: s3://bucket/model.tar.gz does not exist")

    begun.settle()

    assert begun.status == "Failed"
    assert begun.record["FailureReason"] == (
        "Production variant AllTraffic: ClientError: s3://bucket/model.tar.gz does not exist"
    )


def test_a_host_that_the_platform_lost_is_tried_again_a_few_times() -> None:
    begun = life()
    begun.step()

    for _ in range(2):
        begun.hosts["g1-v1-i1-c1"] = HostSeen("g1-v1-i1-c1", None, exited=True, lost=True)
        begun.settle()
        begun.settle()
        assert begun.status == "Creating"
    begun.hosts["g1-v1-i1-c1"] = HostSeen("g1-v1-i1-c1", None, exited=True, lost=True)
    begun.settle()

    assert begun.status == "Failed"
    assert "the agent of host g1-v1-i1-c1 was killed" in begun.record["FailureReason"]


def test_a_host_that_can_not_be_started_fails_the_endpoint() -> None:
    begun = life()
    begun.refused = {"g1-v1-i1-c1": "ClientError: no environment for this image"}

    begun.step()

    assert (begun.status, begun.finished) == ("Failed", True)
    assert begun.record["FailureReason"] == "ClientError: no environment for this image"


def test_what_hosts_wait_for_is_told_until_they_start() -> None:
    record = endpoint()
    record.update(waiting(record, "Waiting for capacity"))

    [summary] = KIND.answered(record)["ProductionVariants"]

    assert summary["VariantStatus"][0]["StatusMessage"] == "Waiting for capacity"
    assert launched(record, ["Runs pytorch"]) == {"_Waiting": ""}


@pytest.mark.parametrize("status", ["Creating", "InService", "Updating", "RollingBack"])
def test_a_deleted_endpoint_is_gone_when_its_last_host_has_ended(status: str) -> None:
    served = in_service(variant(InstanceCount=2))
    served.record |= {"EndpointStatus": "Deleting", "_StopRequestedAt": NOW, "Before": status}

    served.step()
    assert not served.deleted
    assert all(host.exited for host in served.hosts.values())
    served.step()

    assert served.deleted


def test_an_update_moves_the_traffic_when_all_new_hosts_serve_and_then_ends_the_old_ones() -> None:
    served = in_service()
    update(served, generation(2, "starting", variant(InstanceCount=2)))

    served.step()
    served.serves("g2-v1-i1-c1")
    served.step()
    assert (served.status, served_by(served)) == ("Updating", ["g1-v1-i1"])
    assert served.record["EndpointConfigName"] == "config-1"
    served.serves("g2-v1-i2-c1")
    served.step()
    assert (served.status, served_by(served)) == ("Updating", ["g2-v1-i1", "g2-v1-i2"])
    assert "g1-v1-i1-c1" in served.hosts, "it may still answer a request"
    assert served.record["EndpointConfigName"] == "config-2"
    served.settle()

    assert served.status == "InService"
    assert served.names == ["g2-v1-i1-c1", "g2-v1-i2-c1"]
    assert [each["Id"] for each in served.record["_Generations"]] == [2]


def moved(in_use: bool) -> Life:
    """An update whose traffic has moved; the old host may still answer a request."""
    served = in_service()
    update(served, generation(2))
    served.step()
    served.serves("g2-v1-i1-c1")
    served.step()
    served.in_use("g1-v1-i1-c1", in_use)
    return served


def test_old_hosts_stay_for_a_moment_after_the_traffic_has_moved() -> None:
    served = moved(in_use=False)

    served.step(0.5)
    assert not served.hosts["g1-v1-i1-c1"].exited
    served.step(0.5)

    assert served.hosts["g1-v1-i1-c1"].exited


def test_old_hosts_stay_while_they_answer_requests() -> None:
    served = moved(in_use=True)

    served.settle(30.0)
    assert (served.status, served.hosts["g1-v1-i1-c1"].exited) == ("Updating", False)
    served.in_use("g1-v1-i1-c1", False)
    served.settle(0.0)

    assert (served.status, served.names) == ("InService", ["g2-v1-i1-c1"])


def test_old_hosts_do_not_stay_for_ever() -> None:
    served = moved(in_use=True)

    served.settle(DRAIN_S + 1.0)

    assert (served.status, served.names) == ("InService", ["g2-v1-i1-c1"])


def test_old_hosts_wait_as_long_as_the_deployment_asks() -> None:
    served = moved(in_use=False)
    policy = {"TerminationWaitInSeconds": 30}
    served.record["DeploymentConfig"] = {"BlueGreenUpdatePolicy": policy}

    served.settle(29.0)
    assert served.status == "Updating"
    served.settle(1.0)

    assert served.status == "InService"


def moving(kind: str, value: int, **policy: Any) -> Life:
    """An update whose new host serves, and gets its first part of the traffic."""
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}[kind]
    served = in_service()
    served.record["DeploymentConfig"] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": kind,
                "WaitIntervalInSeconds": 60,
                member: {"Type": "CAPACITY_PERCENT", "Value": value},
            },
            **policy,
        }
    }
    update(served, generation(2, "starting", variant(InstanceCount=2)))
    served.step()
    assert shift_of(served.record) is None
    served.serves("g2-v1-i1-c1", "g2-v1-i2-c1")
    served.step()
    return served


def share(present: Life) -> float | None:
    shift = shift_of(present.record)
    return None if shift is None else round(shift.share, 6)


def test_a_canary_gets_its_part_and_after_the_interval_everything() -> None:
    served = moving("CANARY", 10)
    shift = shift_of(served.record)
    assert shift is not None
    assert [each.name for each in shift.routes.variants[0].instances] == ["g2-v1-i1", "g2-v1-i2"]
    assert (served.status, served_by(served), share(served)) == ("Updating", ["g1-v1-i1"], 0.1)
    pending = KIND.answered(served.record)["PendingDeploymentSummary"]["ProductionVariants"][0]
    assert pending["VariantStatus"][0]["Status"] == "Baking"
    assert "10 percent" in pending["VariantStatus"][0]["StatusMessage"]

    served.step(59.0)
    assert share(served) == 0.1
    served.step(1.0)
    assert (share(served), served_by(served)) == (None, ["g2-v1-i1", "g2-v1-i2"])
    served.settle()

    assert (served.status, served.names) == ("InService", ["g2-v1-i1-c1", "g2-v1-i2-c1"])
    assert served.record["EndpointConfigName"] == "config-2"


def test_traffic_moves_in_equal_steps() -> None:
    served = moving("LINEAR", 30)

    seen = [share(served)]
    while served_by(served) == ["g1-v1-i1"]:
        served.step(60.0)
        seen.append(share(served))

    assert seen == [0.3, 0.6, 0.9, None]
    served.settle()
    assert served.status == "InService"


def test_ten_steps_of_a_tenth_are_all_of_it() -> None:
    served = moving("LINEAR", 10)

    for _ in range(9):
        served.step(60.0)

    assert served_by(served) == ["g2-v1-i1", "g2-v1-i2"]


@pytest.mark.parametrize("cause", ["a host ends", "it takes too long"])
def test_traffic_goes_back_when_the_new_generation_fails_and_its_last_requests_are_answered(
    cause: str,
) -> None:
    served = moving("CANARY", 10, MaximumExecutionTimeoutInSeconds=600)
    if cause == "a host ends":
        died = report(Phase.STARTING, Phase.RUNNING, outcome=Outcome.FAILED, reason="out of memory")
        served.hosts["g2-v1-i1-c1"] = HostSeen("g2-v1-i1-c1", died, exited=True)
        told = "ended while traffic moved to it"
    else:
        served.record["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"][
            "WaitIntervalInSeconds"
        ] = 3_600
        served.now += 600.0
        told = "MaximumExecutionTimeoutInSeconds"
    served.in_use("g2-v1-i2-c1")

    served.step(1.0)
    assert (served.status, served_by(served), share(served)) == ("RollingBack", ["g1-v1-i1"], None)
    assert told in served.record["FailureReason"]
    served.settle()
    assert not served.hosts["g2-v1-i2-c1"].exited, "it answers a request"
    served.in_use("g2-v1-i2-c1", False)
    served.settle()

    assert (served.status, served.names) == ("InService", ["g1-v1-i1-c1"])
    assert served.record["EndpointConfigName"] == "config-1"


def test_the_first_generation_gets_everything_at_once() -> None:
    policy = {"TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 60}}
    begun = life(DeploymentConfig={"BlueGreenUpdatePolicy": policy})
    begun.step()
    begun.serves()

    begun.step()

    assert begun.status == "InService"


def test_an_update_that_fails_rolls_back_and_says_why() -> None:
    served = in_service()
    update(served, generation(2, "starting", variant(InstanceCount=2)))
    served.step()
    served.serves("g2-v1-i1-c1")
    served.ends("g2-v1-i2-c1", Outcome.FAILED, "RuntimeError: no such layer")

    served.step()
    assert (served.status, served_by(served)) == ("RollingBack", ["g1-v1-i1"])
    served.settle()

    assert (served.status, served_by(served)) == ("InService", ["g1-v1-i1"])
    assert served.names == ["g1-v1-i1-c1"]
    assert served.record["EndpointConfigName"] == "config-1"
    assert served.record["FailureReason"].endswith("RuntimeError: no such layer")


def test_an_update_that_finds_no_room_beside_the_old_instances_rolls_back() -> None:
    served = in_service()
    update(served, generation(2, "starting", Since=served.now))
    served.step()
    del served.hosts["g2-v1-i1-c1"]
    served.refused = {}
    served.record.update(waiting(served.record, "Waiting for capacity: 2 jobs asked before this one"))
    served.now += PROVISION_S

    decided = next_state(served.record, Seen([served.hosts["g1-v1-i1-c1"]]), served.now)

    assert decided.status == "RollingBack" or decided.changes["EndpointStatus"] == "InService"
    assert "had no room for the new instances" in decided.changes["FailureReason"]


def test_a_host_that_served_is_started_again_at_once_and_the_endpoint_stays_in_service() -> None:
    served = in_service()
    served.ends("g1-v1-i1-c1", Outcome.FAILED, "killed")

    served.step()
    assert served_by(served) == []
    served.step()

    assert served.status == "InService"
    assert not served.hosts["g1-v1-i1-c1"].exited, "another run of it has started"
    served.serves()
    served.step()
    assert served_by(served) == ["g1-v1-i1"]


def test_more_instances_are_added_and_get_requests_when_they_serve() -> None:
    served = in_service()
    resize(served, DesiredInstanceCount=2)

    served.step()
    assert (served.status, served_by(served)) == ("Updating", ["g1-v1-i1"])
    served.serves("g1-v1-i2-c1")
    served.step()

    assert (served.status, served_by(served)) == ("InService", ["g1-v1-i1", "g1-v1-i2"])
    assert "Earlier" not in served.record["_Generations"][0]


def test_an_instance_that_does_not_start_undoes_the_change() -> None:
    served = in_service()
    resize(served, DesiredInstanceCount=3, DesiredWeight=5.0)
    served.step()
    served.serves("g1-v1-i2-c1")
    served.ends("g1-v1-i3-c1", Outcome.FAILED, "out of memory")

    served.step()
    assert served.status == "RollingBack"
    served.settle()

    assert (served.status, served.names) == ("InService", ["g1-v1-i1-c1"])
    [kept] = served.record["_Generations"][0]["Variants"]
    assert (kept["InstanceCount"], kept["Weight"]) == (1, 1.0)
    assert "out of memory" in served.record["FailureReason"]


def test_an_instance_that_is_taken_away_answers_its_last_requests() -> None:
    served = in_service(variant(InstanceCount=2))
    resize(served, DesiredInstanceCount=1)
    served.in_use("g1-v1-i2-c1")

    served.settle()
    assert served_by(served) == ["g1-v1-i1"]
    assert (served.status, served.names) == ("Updating", ["g1-v1-i1-c1", "g1-v1-i2-c1"])
    served.in_use("g1-v1-i2-c1", False)
    served.settle()

    assert (served.status, served.names) == ("InService", ["g1-v1-i1-c1"])


def test_weights_alone_change_at_once() -> None:
    served = in_service()
    resize(served, DesiredWeight=0.25)

    served.step()

    assert served.status == "InService"
    assert [each.weight for each in routes_of(served.record).variants] == [0.25]


def test_only_an_endpoint_in_service_is_resized() -> None:
    served = in_service()
    resize(served, DesiredInstanceCount=2)

    with pytest.raises(ValidationError, match="Cannot update in-progress endpoint"):
        resize(served, DesiredInstanceCount=3)


def test_a_serverless_variant_sleeps_when_nobody_asks_and_wakes_when_somebody_does() -> None:
    served = in_service(variant(Serverless=SERVERLESS, InstanceType="ml.serverless.2048"))

    served.settle(299.0)
    assert served.names == ["g1-v1-i1-c1"]
    served.settle(3.0)
    served.settle(3.0)
    assert (served.status, served.names, served_by(served)) == ("InService", [], [])
    served.record["_Wanted"] = {"AllTraffic": NOW}
    served.step()
    assert served.names == [], "that wish came before it slept"
    served.record["_Wanted"] = {"AllTraffic": served.now}
    served.step()
    assert served.names == ["g1-v1-i1-c1"]
    served.serves()
    served.step()

    assert (served.status, served_by(served)) == ("InService", ["g1-v1-i1"])


def test_a_serverless_variant_that_is_asked_stays_awake() -> None:
    served = in_service(variant(Serverless=SERVERLESS))

    for _ in range(5):
        served.record["_Wanted"] = {"AllTraffic": served.now}
        served.settle(200.0)

    assert served.names == ["g1-v1-i1-c1"]


def test_provisioned_concurrency_never_sleeps() -> None:
    served = in_service(variant(Serverless={**SERVERLESS, "ProvisionedConcurrency": 1}))

    served.settle(10_000.0)

    assert served.names == ["g1-v1-i1-c1"]
