"""A host of an endpoint writes to its own log stream, whose name its kind knows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.kinds.endpoint.made import endpoint, generation, variant
from tests.services.access.world import World

from clary.domain.errors import Denied
from clary.domain.identity import PrincipalKind
from clary.kinds.endpoint.cluster import streams
from clary.services.access.hosts import host_identity

GROUP = "/aws/sagemaker/Endpoints/digits"
HOST = "g1-v1-i1-c1"
RECORD = endpoint(generation(1, "serving", variant(InstanceCount=2)))


@pytest.fixture
def world(world: World) -> World:
    world.records.insert("endpoint", "digits", RECORD, arn=RECORD["EndpointArn"], status="InService")
    return world


def ask(world: World, group: str, stream: str) -> None:
    caller = replace(
        world.user("ada"), kind=PrincipalKind.HOST, name=f"endpoint/digits/{HOST}", arn="arn:aws:clary:host"
    )
    world.ask(caller, "logs", "PutLogEvents", {"logGroupName": group, "logStreamName": stream})


def test_it_may_write_to_its_own_stream(world: World) -> None:
    ask(world, GROUP, streams(RECORD, "digits", HOST)[0])


@pytest.mark.parametrize(
    ("group", "stream"),
    [
        (GROUP, streams(RECORD, "digits", "g1-v1-i2-c1")[0]),
        (GROUP, f"digits/{HOST}"),
        (GROUP, "AllTraffic"),
        ("/aws/sagemaker/Endpoints/other", streams(RECORD, "digits", HOST)[0]),
        ("/aws/sagemaker/Endpoints", streams(RECORD, "digits", HOST)[0]),
    ],
)
def test_it_may_write_to_no_other_stream(world: World, group: str, stream: str) -> None:
    with pytest.raises(Denied):
        ask(world, group, stream)


def test_it_speaks_for_the_endpoint_while_that_is_there(world: World) -> None:
    name = f"endpoint/digits/{HOST}"
    first = host_identity(world.records, name)
    again = {**RECORD, "CreationTime": RECORD["CreationTime"] + 1}

    world.records.update("endpoint", "digits", {"CreationTime": again["CreationTime"]})

    assert host_identity(world.records, name) != first
