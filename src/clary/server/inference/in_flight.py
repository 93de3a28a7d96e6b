"""Counts the requests that are on their way to the instances of endpoints.

The gateway counts on its event loop. The loop that moves traffic reads from its own thread: when a generation
has none left, nothing is lost by ending its hosts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from clary.kinds.endpoint.generations import instance_name

if TYPE_CHECKING:
    from collections.abc import Container

Key = TypeVar("Key")


class InstanceKey(NamedTuple):
    """One instance of one generation of an endpoint. A tuple: each request looks it up five times."""

    endpoint: str
    generation: int
    variant: str
    instance: str


class InFlight:
    """The counts. Only the event loop of the gateway changes them; any thread may ask."""

    def __init__(self) -> None:
        self._instances: dict[InstanceKey, int] = {}
        self._generations: dict[tuple[str, int], int] = {}

    def enter(self, key: InstanceKey) -> None:
        self._instances[key] = self._instances.get(key, 0) + 1
        generation = (key.endpoint, key.generation)
        self._generations[generation] = self._generations.get(generation, 0) + 1

    def leave(self, key: InstanceKey) -> None:
        generation = (key.endpoint, key.generation)
        self._lower(self._instances, key)
        self._lower(self._generations, generation)

    def of_instance(self, key: InstanceKey) -> int:
        return self._instances.get(key, 0)

    def of_generation(self, endpoint: str, generation: int) -> int:
        """Returns how many requests are on their way to a generation of an endpoint."""
        return self._generations.get((endpoint, generation), 0)

    def hosts_in_use(self, endpoint: str) -> Container[str]:
        """Returns the hosts of an endpoint that requests are on their way to, by their names."""
        # One step for the interpreter: no request can enter or leave during the copy.
        keys = list(self._instances)
        return _HostsOf(frozenset(key.instance for key in keys if key.endpoint == endpoint))

    @staticmethod
    def _lower(counts: dict[Key, int], key: Key) -> None:
        left = counts[key] - 1
        if left:
            counts[key] = left
        else:
            del counts[key]


@dataclass(frozen=True, slots=True)
class _HostsOf:
    """The hosts of some instances."""

    instances: frozenset[str]

    def __contains__(self, host: object) -> bool:
        return isinstance(host, str) and instance_name(host) in self.instances
