"""The images of nodes, as the server asks for them. Nodes are answers here; real ones are in the journeys."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clary.compute.backend import BackendAway
from clary.compute.backends.ray.images import KNOWN_S, NodeImages
from clary.domain.errors import BadRequest
from clary.domain.hosts import ContainerImage

ONE, OTHER = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


class Nodes:
    """As DriverLink. answers: None while the cluster is away."""

    def __init__(self, answers: dict[str, dict[str, Any]] | None) -> None:
        self.answers = answers
        self.asked = 0
        self.now = 0.0

    async def ask(self, method: str, *, name: str) -> dict[str, dict[str, Any]]:
        assert (method, name) == ("images", "mine:1")
        self.asked += 1
        if self.answers is None:
            raise BackendAway("the cluster does not answer")
        return self.answers


def images(nodes: Nodes) -> NodeImages:
    return NodeImages(nodes, lambda: nodes.now)  # type: ignore[arg-type]


def node(image: str) -> dict[str, Any]:
    return {"engine": True, "id": image}


def test_an_image_of_some_node_is_found_and_its_engine_is_left_to_the_node() -> None:
    found = images(Nodes({"10.0.0.1": node(""), "10.0.0.2": node(ONE), "10.0.0.3": {}})).find("mine:1")

    assert found is not None
    assert found.container == ContainerImage("", ONE)


def test_checks_ask_once_and_a_start_asks_anew() -> None:
    nodes = Nodes({"10.0.0.1": node(ONE)})
    asked = images(nodes)
    for _ in range(3):
        asked.find("mine:1")
    assert nodes.asked == 1

    nodes.answers = {"10.0.0.1": node(OTHER)}
    found = asked.find("mine:1", anew=True)

    assert found is not None
    assert found.container == ContainerImage("", OTHER)
    nodes.now += KNOWN_S
    asked.find("mine:1")
    assert nodes.asked == 3


def test_different_images_of_one_name_are_refused_when_a_job_starts() -> None:
    asked = images(Nodes({"10.0.0.1": node(ONE), "10.0.0.2": node(OTHER)}))

    assert asked.find("mine:1") is not None
    with pytest.raises(BadRequest, match=r"1{12} on 10.0.0.1; 2{12} on 10.0.0.2"):
        asked.find("mine:1", anew=True)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (None, "can't be asked: the cluster does not answer"),
        ({"10.0.0.1": {"engine": False, "id": ""}, "10.0.0.2": {}}, "No node of the cluster has a container"),
        ({"10.0.0.1": node(""), "10.0.0.2": {}}, "No container engine of the 1 nodes that have one has"),
    ],
)
def test_an_image_that_nobody_has_is_explained(answers: dict[str, Any] | None, said: str) -> None:
    asked = images(Nodes(answers))

    assert asked.find("mine:1") is None
    assert said in asked.has_not("mine:1")


def test_a_start_waits_for_a_cluster_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clary.compute.backends.ray.images.AGAIN_S", 0.0)
    nodes = Nodes(None)
    said: list[str] = []

    def hear(message: str) -> None:
        said.append(message)
        nodes.answers = {"10.0.0.1": node(ONE)}

    found = asyncio.run(images(nodes).found("mine:1", hear))

    assert found is not None
    assert said == ["Looking for the image mine:1 on the nodes: the cluster does not answer"]
