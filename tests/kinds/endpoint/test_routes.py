from __future__ import annotations

from typing import Any

from tests.kinds.endpoint.made import RUNNING, SERVERLESS, endpoint, generation, report, variant

from clary.domain.hosts import Outcome, Phase
from clary.kinds.endpoint.generations import address
from clary.kinds.endpoint.routes import NO_ROUTES, RouteInstance, routes_of


def serving(*variants: dict[str, Any], **members: Any) -> dict[str, Any]:
    """An endpoint all of whose first instances serve."""
    hosts = [f"g1-v{number}-i1-c1" for number in range(1, len(variants) + 1)]
    return endpoint(
        generation(1, "serving", *variants, **members),
        _Hosts=dict.fromkeys(hosts, "handle"),
        _Reports=dict.fromkeys(hosts, RUNNING),
    )


def test_an_endpoint_that_is_created_has_no_routes() -> None:
    assert routes_of(endpoint()) == NO_ROUTES


def test_an_instance_is_reached_at_the_address_of_its_container() -> None:
    record = serving(variant())

    [found] = routes_of(record).variants

    host = address(record, "g1-v1-i1-c1")
    assert found.instances == (RouteInstance("g1-v1-i1", ((host, 8080),)),)
    assert host.startswith("127.")


def test_an_instance_is_reached_where_its_agent_says_that_it_listens() -> None:
    record = serving(variant())
    record["_Reports"]["g1-v1-i1-c1"] = {**RUNNING, "Address": "127.70.1.2:41237"}

    [found] = routes_of(record).variants

    assert found.instances == (RouteInstance("g1-v1-i1", (("127.70.1.2", 41237),)),)


def test_an_instance_on_a_node_is_reached_there_and_nowhere_else() -> None:
    record = serving(variant())
    own = address(record, "g1-v1-i1-c1")
    record["_Reports"]["g1-v1-i1-c1"] = {**RUNNING, "Address": "10.0.0.3:41237"}
    reached = []

    for node in ({}, {"g1-v1-i1-c1": ""}, {"g1-v1-i1-c1": "10.0.0.4"}, {"g1-v1-i1-c1": "10.0.0.3"}):
        [found] = routes_of({**record, "_Addresses": node}).variants
        reached += [place for instance in found.instances for place in instance.addresses]

    assert reached == [(own, 8080), (own, 8080), (own, 8080), ("10.0.0.3", 41237)]


def test_an_endpoint_of_the_same_name_that_is_created_later_has_other_addresses() -> None:
    record = serving(variant())

    assert address(record, "g1-v1-i1-c1") != address({**record, "CreationTime": 1.0}, "g1-v1-i1-c1")


def test_a_pipeline_is_reached_through_its_containers_in_order_and_only_when_all_serve() -> None:
    both = variant(Containers=[{"Image": "a", "ContainerHostname": "first"}, {"Image": "b"}])
    record = serving(both)
    assert routes_of(record).variants[0].instances == ()
    record["_Hosts"]["g1-v1-i1-c2"] = "handle"
    record["_Reports"]["g1-v1-i1-c2"] = RUNNING

    [found] = routes_of(record).variants

    wanted = tuple((address(record, host), 8080) for host in ("g1-v1-i1-c1", "g1-v1-i1-c2"))
    assert found.instances == (RouteInstance("g1-v1-i1", wanted),)
    assert found.containers == ("first", "container-2")


def test_a_host_gets_no_requests_before_it_has_answered_ping_and_after_it_has_ended() -> None:
    for said in (report(Phase.STARTING, Phase.DOWNLOADING), report(Phase.RUNNING, outcome=Outcome.FAILED)):
        record = serving(variant())
        record["_Reports"]["g1-v1-i1-c1"] = said

        assert routes_of(record).variants[0].instances == ()


def test_a_host_whose_agent_was_killed_gets_no_requests_until_it_serves_again() -> None:
    record = serving(variant())
    record["_Falls"] = {"g1-v1-i1-c1": {"Attempt": 0, "Count": 1, "At": 1.0}}
    assert routes_of(record).variants[0].instances == ()

    record["_Attempts"] = {"g1-v1-i1-c1": 1}

    assert len(routes_of(record).variants[0].instances) == 1


def test_requests_go_to_the_serving_generation_only() -> None:
    record = endpoint(
        generation(1, "draining"),
        generation(2, "serving"),
        generation(3, "starting"),
        _Hosts={f"g{number}-v1-i1-c1": "handle" for number in (1, 2, 3)},
        _Reports={f"g{number}-v1-i1-c1": RUNNING for number in (1, 2, 3)},
    )

    routes = routes_of(record)

    assert routes.generation == 2
    assert [instance.name for instance in routes.variants[0].instances] == ["g2-v1-i1"]


def test_a_serverless_variant_has_limits_of_its_own() -> None:
    [instance, serverless] = routes_of(serving(variant(), variant("Less", Serverless=SERVERLESS))).variants

    assert (instance.serverless, instance.max_concurrency, instance.max_payload_bytes) == (False, 0, 25 << 20)
    assert (serverless.serverless, serverless.max_concurrency) == (True, 5)
    assert serverless.max_payload_bytes == 4 << 20


def test_shadow_variants_capture_and_async_are_told() -> None:
    capture, asynchronous = {"EnableCapture": True}, {"OutputConfig": {"S3OutputPath": "s3://b/out"}}
    record = serving(
        variant(),
        ShadowVariants=[variant("Shadow")],
        DataCaptureConfig=capture,
        AsyncInferenceConfig=asynchronous,
    )

    routes = routes_of(record)

    assert [each.name for each in routes.variants] == ["AllTraffic"]
    assert [each.name for each in routes.shadows] == ["Shadow"]
    assert (routes.capture, routes.asynchronous) == (capture, asynchronous)
