"""Chooses the instance that gets an invocation.

A variant by weight, unless the caller names one. Of its instances the one with the fewest requests on their
way; for a session the instance that has it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

from .failures import not_ready, throttled, unavailable
from .in_flight import InFlight, InstanceKey
from .invocation import NEW_SESSION
from .route_table import EndpointElsewhere
from .sessions import ModelSessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.kinds.endpoint.routes import RouteInstance, RouteVariant

    from .demand import ServerlessDemand
    from .failures import EndpointAccount
    from .invocation import Invocation
    from .model_servers import ModelAddress
    from .route_table import RoutedEndpoint, RouteTable

RETURN_S = 2.0
"""How long a request waits until a variant has an instance."""
COLD_START_S = 60.0
"""The same for a serverless variant that sleeps."""
LOOK_S = 0.25
ASYNC_BYTES = 1 << 30
"""AWS's limit for what an asynchronous request reads from S3."""
MULTI_MODEL = "MultiModel"
UNNAMED, PRIMARY = "container-1", "primary"
"""AWS calls a container ``primary`` where there is only one, and it has no name."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An instance that a request is on its way to. containers: (name, address) of those that it passes."""

    endpoint: RoutedEndpoint
    variant: RouteVariant
    key: InstanceKey
    containers: tuple[tuple[str, ModelAddress], ...]
    payload_bytes: int


class InstanceChoice:
    """Chooses instances, and counts requests on their way. For the event loop only.

    demand: told of each request to a serverless variant.
    random: a number from 0 to less than 1. payload_bytes: the limit of a body; 0: the variant's.
    """

    def __init__(
        self,
        table: RouteTable,
        account: EndpointAccount,
        demand: ServerlessDemand,
        random: Callable[[], float],
        payload_bytes: int = 0,
    ) -> None:
        self.table = table
        self.in_flight = InFlight()
        self.sessions = ModelSessions()
        self._account = account
        self._demand = demand
        self._random = random
        self._payload_bytes = payload_bytes
        self._turn = 0

    async def choose(self, invocation: Invocation) -> Chosen:
        """Returns an instance, and counts the request as on its way to it (``in_flight.leave`` ends that).

        Waits for a variant without an instance. Raises ValidationError, ThrottlingException,
        ServiceUnavailable and ModelNotReadyException; EndpointElsewhere.
        """
        begun = asyncio.get_running_loop().time()
        while True:
            endpoint = self.table.find(invocation.endpoint)
            if endpoint is None:
                raise self._account.no_endpoint(invocation.endpoint)
            if not self.table.is_here(endpoint):
                raise EndpointElsewhere(endpoint.name, endpoint.server)
            if endpoint.other is not None:
                endpoint = self._side(endpoint, endpoint.other, invocation)
            variant = self._variant(endpoint, invocation)
            if variant.serverless:
                self._demand.note(endpoint.name, variant.name, urgent=not variant.instances)
            if variant.instances:
                chosen = self._enter(endpoint, variant, invocation)
                if chosen is not None:
                    return chosen
                continue
            await self._wait(endpoint, variant, asyncio.get_running_loop().time() - begun)

    def enter_shadow(
        self, endpoint: RoutedEndpoint, shadow: RouteVariant, invocation: Invocation
    ) -> Chosen | None:
        """Returns an instance of a shadow variant, and counts a copy as on its way to it; None without one.

        Raises ValidationError and ThrottlingException.
        """
        return self._enter(endpoint, shadow, invocation) if shadow.instances else None

    def payload_limit(self, variant: RouteVariant, invocation: Invocation) -> int:
        """Returns the most bytes that a body and its answer may have."""
        if invocation.asynchronous:
            return ASYNC_BYTES
        return self._payload_bytes or variant.max_payload_bytes

    def _side(
        self, endpoint: RoutedEndpoint, other: RoutedEndpoint, invocation: Invocation
    ) -> RoutedEndpoint:
        """Returns the endpoint as the one or the other generation serves it, while traffic moves."""
        owner = self.sessions.owner(invocation.session_id) if invocation.session_id else None
        if owner is not None:
            return other if owner.generation == other.routes.generation else endpoint
        if not all(variant.instances for variant in other.routes.variants):
            return endpoint
        return other if self._random() < endpoint.share else endpoint

    def _variant(self, endpoint: RoutedEndpoint, invocation: Invocation) -> RouteVariant:
        routes = endpoint.routes
        if not routes.variants:
            raise self._account.not_in_service(endpoint.name, endpoint.status)
        if invocation.target_variant:
            for variant in routes.variants:
                if variant.name == invocation.target_variant:
                    return variant
            names = ", ".join(variant.name for variant in routes.variants)
            raise ValidationError(
                f"Variant {invocation.target_variant} is not found in endpoint {endpoint.name}, which has "
                f"{names}."
            )
        if len(routes.variants) == 1:
            return routes.variants[0]
        point = self._random() * sum(variant.weight for variant in routes.variants)
        for variant in routes.variants:
            point -= variant.weight
            if point < 0:
                return variant
        raise ValidationError(
            f"All variants of endpoint {endpoint.name} have the weight 0: name one with TargetVariant, or "
            "give one a weight with UpdateEndpointWeightsAndCapacities."
        )

    def _enter(
        self, endpoint: RoutedEndpoint, variant: RouteVariant, invocation: Invocation
    ) -> Chosen | None:
        """Returns None when the routes have changed meanwhile: the hosts may be about to end."""
        self._check(endpoint, variant, invocation)
        instance, key = self._instance(endpoint, variant, invocation.session_id)
        containers = self._containers(endpoint, variant, instance, invocation.target_container)
        self.in_flight.enter(key)
        # In this order: who changes the routes looks at the count afterwards.
        if not endpoint.is_current:
            self.in_flight.leave(key)
            return None
        limit = self.payload_limit(variant, invocation)
        return Chosen(endpoint, variant, key, containers, limit)

    def _check(self, endpoint: RoutedEndpoint, variant: RouteVariant, invocation: Invocation) -> None:
        limit = self.payload_limit(variant, invocation)
        if len(invocation.body) > limit:
            raise ValidationError(
                f"The body has {len(invocation.body)} bytes; variant {variant.name} of endpoint "
                f"{endpoint.name} takes at most {limit}. CLARY_INVOKE_MB of the server sets another limit."
            )
        if invocation.asynchronous != (endpoint.routes.asynchronous is not None):
            raise ValidationError(
                f"Endpoint {endpoint.name} has no AsyncInferenceConfig; use InvokeEndpoint."
                if invocation.asynchronous
                else f"Endpoint {endpoint.name} is asynchronous; use InvokeEndpointAsync."
            )
        if variant.mode == MULTI_MODEL and not invocation.target_model:
            raise ValidationError(
                f"Endpoint {endpoint.name} has several models: name one with TargetModel, by its key below "
                "ModelDataUrl."
            )
        if variant.mode != MULTI_MODEL and invocation.target_model:
            raise ValidationError(
                f"TargetModel is for models with the mode MultiModel; endpoint {endpoint.name} has one model."
            )
        if variant.max_concurrency:
            keys = (self._key(endpoint, variant, instance) for instance in variant.instances)
            if sum(map(self.in_flight.of_instance, keys)) >= variant.max_concurrency:
                raise throttled(
                    f"Variant {variant.name} of endpoint {endpoint.name} answers {variant.max_concurrency} "
                    "requests now, which is its MaxConcurrency; try again."
                )

    def _instance(
        self, endpoint: RoutedEndpoint, variant: RouteVariant, session_id: str
    ) -> tuple[RouteInstance, InstanceKey]:
        instances = variant.instances
        if len(instances) == 1:
            return instances[0], self._key(endpoint, variant, instances[0])
        keyed = [(each, self._key(endpoint, variant, each)) for each in instances]
        if session_id and session_id != NEW_SESSION:
            owner = self.sessions.owner(session_id)
            for instance, key in keyed:
                if key == owner:
                    return instance, key
            raise ValidationError(
                f"Session {session_id} is not known: it has ended, or its instance has. Begin one with "
                f"{NEW_SESSION}."
            )
        # Of equal ones each in its turn.
        self._turn += 1
        first = self._turn % len(keyed)
        return min(keyed[first:] + keyed[:first], key=lambda pair: self.in_flight.of_instance(pair[1]))

    def _containers(
        self, endpoint: RoutedEndpoint, variant: RouteVariant, instance: RouteInstance, target: str
    ) -> tuple[tuple[str, ModelAddress], ...]:
        named = tuple(zip(variant.containers, instance.addresses, strict=True))
        if named[0][0] == UNNAMED and len(named) == 1:
            named = ((PRIMARY, named[0][1]),)
        names = ", ".join(variant.containers)
        if not variant.direct and not target:
            return named
        if not variant.direct:
            raise ValidationError(
                "TargetContainerHostname is for models whose InferenceExecutionConfig has the mode Direct; "
                f"that of variant {variant.name} of endpoint {endpoint.name} passes requests through {names}."
            )
        for container in named:
            if container[0] == target:
                return (container,)
        raise ValidationError(
            f"TargetContainerHostname has to name a container of variant {variant.name} of endpoint "
            f"{endpoint.name}: {names}."
        )

    @staticmethod
    def _key(endpoint: RoutedEndpoint, variant: RouteVariant, instance: RouteInstance) -> InstanceKey:
        return InstanceKey(endpoint.name, endpoint.routes.generation, variant.name, instance.name)

    async def _wait(self, endpoint: RoutedEndpoint, variant: RouteVariant, waited_s: float) -> None:
        """Waits for a change of the routes. Raises an error after too long."""
        if variant.serverless:
            if waited_s >= COLD_START_S:
                raise not_ready(
                    f"Variant {variant.name} of endpoint {endpoint.name} is still starting; try again."
                )
        elif waited_s >= RETURN_S:
            raise unavailable(
                f"Variant {variant.name} of endpoint {endpoint.name} has no instance that serves now. One "
                "that died is started again; try again in a moment."
            )
        await self.table.changed(LOOK_S)
