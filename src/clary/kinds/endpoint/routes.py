"""Where the requests of an endpoint go: a pure function of its record.

The gateway of the runtime reads a record when it changes, and keeps its routes: a request reads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Phase

from .generations import (
    PORT,
    Instance,
    address,
    container_names,
    generations,
    instance_count,
    serving_generation,
    variants,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Document = dict[str, Any]

TIMEOUT_S = 60.0
"""How long a container may take for an answer."""
MAX_PAYLOAD_BYTES = 25 << 20
MAX_SERVERLESS_PAYLOAD_BYTES = 4 << 20
"""AWS's limits of a request's body."""


@dataclass(frozen=True, slots=True)
class RouteInstance:
    """An instance that serves. addresses: of its containers, in the order of the pipeline."""

    name: str
    addresses: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RouteVariant:
    """A variant. max_concurrency: how many requests it takes at a time; 0: no limit.

    containers: their names, in the order of the pipeline. direct: a request goes to one of them, by its name.
    """

    name: str
    weight: float
    instances: tuple[RouteInstance, ...]
    mode: str
    timeout_s: float
    max_payload_bytes: int
    serverless: bool
    max_concurrency: int
    containers: tuple[str, ...]
    direct: bool


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes of one generation. generation: its number; 0 before any serves.

    shadows: variants that get a copy of each request. capture: DataCaptureConfig. asynchronous:
    AsyncInferenceConfig.
    """

    generation: int
    variants: tuple[RouteVariant, ...]
    shadows: tuple[RouteVariant, ...]
    capture: Document | None
    asynchronous: Document | None


NO_ROUTES = Routes(0, (), (), None, None)


@dataclass(frozen=True, slots=True)
class ShiftRoutes:
    """The routes of a generation while traffic moves to it. share: of the requests, from 0 to 1."""

    generation: Document
    routes: Routes
    share: float


def routes_of(record: Document) -> Routes:
    """The routes of the generation that gets the requests, with those of its instances that serve now."""
    generation = serving_generation(record)
    return NO_ROUTES if generation is None else _routes(record, generation)


def shift_of(record: Document) -> ShiftRoutes | None:
    """The generation that traffic moves to; None while none moves."""
    for generation in generations(record):
        if "Shift" in generation:
            return ShiftRoutes(generation, _routes(record, generation), float(generation["Shift"]["Share"]))
    return None


def _routes(record: Document, generation: Document) -> Routes:
    found = [
        (label, _variant(record, generation["Id"], label, variant)) for label, variant in variants(generation)
    ]
    return Routes(
        generation=generation["Id"],
        variants=tuple(variant for label, variant in found if label.startswith("v")),
        shadows=tuple(variant for label, variant in found if label.startswith("s")),
        capture=generation.get("DataCaptureConfig"),
        asynchronous=generation.get("AsyncInferenceConfig"),
    )


def serves(record: Document, host: str) -> bool:
    """Whether the container of a host has answered /ping, and its end is not known."""
    report = record.get("_Reports", {}).get(host)
    if host not in record.get("_Hosts", {}) or report is None or report["Outcome"]:
        return False
    fall = record.get("_Falls", {}).get(host)
    if fall is not None and fall["Attempt"] == record.get("_Attempts", {}).get(host, 0):
        return False
    return any(entry["Phase"] == Phase.RUNNING for entry in report["Phases"])


def _variant(record: Document, generation: int, label: str, variant: Document) -> RouteVariant:
    serverless = variant.get("Serverless")
    return RouteVariant(
        name=variant["VariantName"],
        weight=float(variant["Weight"]),
        instances=tuple(_instances(record, generation, label, variant)),
        mode=variant["Mode"],
        timeout_s=TIMEOUT_S,
        max_payload_bytes=MAX_PAYLOAD_BYTES if serverless is None else MAX_SERVERLESS_PAYLOAD_BYTES,
        serverless=serverless is not None,
        max_concurrency=0 if serverless is None else int(serverless["MaxConcurrency"]),
        containers=tuple(container_names(variant)),
        direct=bool(variant.get("Direct")),
    )


def _instances(record: Document, generation: int, label: str, variant: Document) -> Iterator[RouteInstance]:
    for number in range(1, instance_count(variant) + 1):
        instance = Instance(generation, label, variant, number)
        if all(serves(record, host) for host in instance.hosts):
            yield RouteInstance(instance.name, tuple(_listens(record, host) for host in instance.hosts))


def _listens(record: Document, host: str) -> tuple[str, int]:
    """Where the container of a host listens: as its agent reports, which takes another address if need be."""
    # An agent of an older version reports none. One that reports an address that is not of this machine, nor
    # of the node where the host was started is not believed: requests would be sent there.
    reported = str(record["_Reports"][host].get("Address", ""))
    found, _, port = reported.rpartition(":")
    if found.startswith("127.") or (found and found == record.get("_Addresses", {}).get(host)):
        return found, int(port)
    return address(record, host), PORT
