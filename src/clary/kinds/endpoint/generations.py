"""The generations of an endpoint: the hosts that were started for one of its configurations.

    starting ─> serving ─> draining ─> ending ─> (removed)
        └───────── it failed ────────────┘

A record has them in ``_Generations``, the oldest first. Requests go to the one that is serving. A generation
has variants, a variant has instances, and an instance has one host for each container of its model:

    g2-v1-i3-c1    generation 2, its first variant, third instance, first container
    g2-s1-i1-c1    the first shadow variant of that generation
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.kinds.hosts import loopback_address

if TYPE_CHECKING:
    from collections.abc import Iterator

Document = dict[str, Any]

STARTING, SERVING, DRAINING, ENDING = "starting", "serving", "draining", "ending"

PORT = 8080
"""Where a container listens."""

_HOST = re.compile(r"g(\d{1,9})-([vs]\d{1,3})-i(\d{1,9})-c(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a variant.

    label: ``v1`` for the first variant of its generation, ``s1`` for the first shadow variant.
    """

    generation: int
    label: str
    variant: Document
    number: int

    @property
    def name(self) -> str:
        return f"g{self.generation}-{self.label}-i{self.number}"

    @property
    def hosts(self) -> list[str]:
        """The names of its hosts, in the order of the pipeline."""
        return [f"{self.name}-c{number}" for number in range(1, len(self.variant["Containers"]) + 1)]

    def instance_id(self, record: Document) -> str:
        """As EC2 spells it."""
        text = f"{record['EndpointArn']}/{record['CreationTime']!r}/{self.name}"
        return f"i-{hashlib.sha256(text.encode()).hexdigest()[:17]}"


def generations(record: Document, state: str = "") -> list[Document]:
    """The generations of a record, the oldest first; with a state, only those in it."""
    found: list[Document] = record.get("_Generations", [])
    return [each for each in found if state in ("", each["State"])]


def serving_generation(record: Document) -> Document | None:
    """The generation that gets the requests; None before the first one serves."""
    return next(iter(generations(record, SERVING)), None)


def variants(generation: Document) -> Iterator[tuple[str, Document]]:
    """(label, variant) of each variant, shadow variants last."""
    for letter, member in (("v", "Variants"), ("s", "ShadowVariants")):
        for number, variant in enumerate(generation.get(member, ()), 1):
            yield f"{letter}{number}", variant


def instances(generation: Document, *, leaving: bool = False) -> list[Instance]:
    """The instances that a generation asks for. leaving: with those that answer their last requests."""
    return [
        Instance(generation["Id"], label, variant, number)
        for label, variant in variants(generation)
        for number in range(1, instance_count(variant, leaving=leaving) + 1)
    ]


def instance_count(variant: Document, *, leaving: bool = False) -> int:
    """How many instances a variant asks for. A serverless variant that sleeps asks for none."""
    wanted = 0 if variant.get("Asleep") else int(variant["InstanceCount"])
    return max(wanted, int(variant.get("Leaving", {}).get("Count", 0))) if leaving else wanted


def hosts_of(found: list[Instance]) -> list[str]:
    return [host for instance in found for host in instance.hosts]


def generation_of(host: str) -> int:
    """The number of a host's generation."""
    return int(_parts(host)[1])


def instance_name(host: str) -> str:
    """The name of a host's instance."""
    return host.rpartition("-")[0]


def find_instance(record: Document, host: str) -> tuple[Instance, Document]:
    """The instance of a host, and the container that the host runs. Raises KeyError when there is none."""
    _, generation, label, number, container = _parts(host)
    for each in generations(record):
        if each["Id"] == int(generation):
            variant = dict(variants(each))[label]
            if int(container) <= len(variant["Containers"]):
                return Instance(each["Id"], label, variant, int(number)), variant["Containers"][
                    int(container) - 1
                ]
    raise KeyError(host)


def container_names(variant: Document) -> list[str]:
    """The names of a variant's containers: as their model calls them, else ``container-1`` and so on."""
    named = enumerate(variant["Containers"], 1)
    return [str(container.get("ContainerHostname", f"container-{number}")) for number, container in named]


def address(record: Document, host: str) -> str:
    """The loopback address that a host is given."""
    return loopback_address(record["EndpointArn"], record["CreationTime"], host)


def _parts(host: str) -> tuple[str, str, str, str, str]:
    found = _HOST.fullmatch(host)
    if found is None:
        raise KeyError(host)
    return host, found[1], found[2], found[3], found[4]
