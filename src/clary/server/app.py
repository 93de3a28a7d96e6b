"""Builds everything and owns no logic: read this file to draw the system.

uvicorn ─┬─ Starlette ── /_clary/health
         ├─ ImageDoor ── registry server (layers of images)
         ├─ Studio ─┐
         └─ Gateway ┴─ services ───────────────────────┐
                                                       ├── store
Background ── Loop ─┬─ Tracking ───────────────────────┤
                    └─ ProcessBackend ─────────────────┘
                       └── agents of hosts ── HTTP ──> Gateway
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

import clary
from clary.compute.backends.container import ContainerBackend
from clary.compute.backends.process import ProcessBackend
from clary.domain.hosts import AgentCredentials, Endpoint, HostName
from clary.domain.identity import Caller, PrincipalKind
from clary.runner.context import RunnerContext
from clary.runner.inputs_seen import inputs_seen
from clary.runner.loop import Loop
from clary.runner.notifications import Notifier
from clary.runner.tracking import Tracking, TrackingContext
from clary.runner.trial_end import end_trials
from clary.runner.trial_start import begin_trials
from clary.server.background import Background
from clary.server.cluster import cluster_backend, endpoints_of_nodes
from clary.server.ecr.door import ImageDoor, is_for_images
from clary.server.ecr.job_images import JobImages
from clary.server.gateway import Gateway
from clary.server.housekeeping import keep_house
from clary.server.peer_address import facts_of_server
from clary.server.request_context import context_of
from clary.server.studio.app import Studio, is_for_studio
from clary.services.access.facts import RequestFacts
from clary.services.hosts import locate_objects
from clary.store.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from clary.compute.backends.ray.link import DriverLink
    from clary.server.cluster import TlsAddress
    from clary.server.machines import ThisMachine
    from clary.server.platform import Platform
    from clary.services._host_requests import LocateObjectsRequest

Document = dict[str, Any]
HostsInUse = Callable[[str, str], Container[str]]
"""(kind and name of a record) to the names of its hosts."""

HEALTH = "/_clary/health"

AGENT_CREDENTIALS_TTL_S = 10 * 365 * 24 * 3600.0
"""Longer than any job or instance of an endpoint: an agent gets no new credentials. They are good for one
attempt of one job, and are refused once that has ended."""


def build_app(
    platform: Platform,
    machine: ThisMachine,
    url: str,
    link: DriverLink | None = None,
    tls: TlsAddress | None = None,
) -> ASGIApp:
    """Returns the ASGI application; its lifespan is the loop's.

    link: to the Ray cluster whose nodes run jobs.
    """
    gateway = Gateway(platform)
    studio = Studio(platform, gateway, urlsplit(url).port or 80)
    images = ImageDoor(platform, machine.registry)
    machine.serve_pushed(build_job_images(platform, machine, url))
    loop = build_loop(platform, machine, url, gateway.runtime.hosts_in_use, link, tls)

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "version": clary.__version__})

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        background = Background(
            [
                ("loop", loop.run),
                ("housekeeping", lambda: keep_house(platform, machine.registry)),
                ("metrics of endpoints", gateway.runtime.meter.run),
                ("data capture", gateway.runtime.capture.run),
            ]
        )
        background.start()
        queue = asyncio.create_task(gateway.runtime.queue.run(), name="asynchronous requests")
        try:
            yield
        finally:
            queue.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await queue
            await asyncio.to_thread(background.stop)
            if link is not None:
                await asyncio.to_thread(link.close)
            await asyncio.to_thread(gateway.close)
            await asyncio.to_thread(studio.close)
            await asyncio.to_thread(machine.registry.close)
            platform.close()

    pages = Starlette(routes=[Route(HEALTH, health)], lifespan=lifespan)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Operations go past Starlette's layers, which take a tenth of the time of a Describe.
        if scope["type"] != "http" or scope["path"] == HEALTH:
            await pages(scope, receive, send)
        elif is_for_images(scope):
            await images(scope, receive, send)
        elif is_for_studio(scope):
            await studio(scope, receive, send)
        else:
            await gateway(scope, receive, send)

    return app


def build_job_images(platform: Platform, machine: ThisMachine, url: str) -> JobImages:
    """url: of this server, without TLS."""

    def ports() -> set[int]:
        return {urlsplit(url).port or 80, int(platform.state.server().get("tls_port", 0))}

    settings = platform.settings
    return JobImages(
        platform.records, machine.registry, account=settings.account, region=settings.region, ports=ports
    )


def build_tracking(platform: Platform) -> Tracking:
    region, account = platform.settings.region, platform.settings.account
    lineage = Lineage(platform.records, platform.links, region, account)

    def look(places: Mapping[str, str], host: HostName) -> dict[str, str]:
        agent = Caller(PrincipalKind.HOST, account, host_arn(platform, host), str(host), "", "")
        # Called, not asked by a request: two of those, with credentials, would be a tenth of an empty job.
        context = context_of(platform, agent, RequestFacts(source_ip="127.0.0.1"))

        def locate(request: dict[str, str]) -> dict[str, Any]:
            return locate_objects(context, cast("LocateObjectsRequest", {"Host": str(host), **request}))

        return inputs_seen(places, host, locate)

    return Tracking(TrackingContext(platform.records, platform.links, lineage, region, account, look))


def endpoint_of(platform: Platform, url: str) -> Endpoint:
    """Returns where hosts reach this server, and the folder of objects for hosts on this machine."""
    settings = platform.settings
    return Endpoint(url, settings.region, settings.account, str(platform.state.blobs))


def build_loop(
    platform: Platform,
    machine: ThisMachine,
    url: str,
    in_use: HostsInUse,
    link: DriverLink | None,
    tls: TlsAddress | None,
) -> Loop:
    """in_use: the hosts of a record that answer requests now. link, tls: as for ``build_app``."""
    settings = platform.settings
    endpoint = endpoint_of(platform, url)
    here = (ContainerBackend if settings.containers else ProcessBackend)(
        platform.state.hosts,
        sandbox=settings.sandbox,
        delivery_s=settings.delivery_s,
        others=platform.homes,
    )
    platform.pulse.facts = lambda: facts_of_server(settings, url, tls)
    return Loop(
        RunnerContext(
            account=settings.account,
            region=settings.region,
            records=platform.records,
            tags=platform.tags,
            links=platform.links,
            logs=platform.logs,
            metrics=platform.metrics,
            machines=machine,
            notifier=Notifier(settings.mail_server, settings.mail_from, settings.notify_webhook),
            backend=here if link is None else cluster_backend(link, here),
            capacity=machine.capacity,
            images=machine,
            host_size=machine.host_size,
            agent_credentials=lambda host: agent_credentials(platform, host),
            endpoint=endpoint,
            endpoint_at=endpoints_of_nodes(settings, endpoint, tls),
            begin_trials=lambda saved, host: begin_trials(
                saved,
                host,
                lambda host: agent_credentials(platform, host),
                endpoint,
                lambda bucket, key: platform.blobs.objects.find(bucket, key) is not None,
            ),
            end_trials=lambda saved, host: end_trials(
                saved, host, agent_credentials(platform, host), endpoint
            ),
            now=platform.now,
            read_object=platform.blobs.objects.content,
            in_use=in_use,
            server=platform.state.server_name() if platform.database.shared_clock else "",
            pulse=platform.pulse,
            adopted=(lambda handle, server: handle) if platform.homes is None else platform.homes.adopted,
            serving_overcommit=settings.serving_overcommit,
        ),
        build_tracking(platform),
    )


def agent_credentials(platform: Platform, host: HostName) -> AgentCredentials:
    """Returns credentials for the agent of one host. They allow requests about that host only."""
    minted = platform.keyring.mint(
        PrincipalKind.HOST,
        str(host),
        arn=host_arn(platform, host),
        session_name="agent",
        ttl_s=AGENT_CREDENTIALS_TTL_S,
    )
    return AgentCredentials(minted.access_key_id, minted.secret_access_key, minted.session_token)


def host_arn(platform: Platform, host: HostName) -> str:
    return f"arn:aws:clary:{platform.settings.region}:{platform.settings.account}:host/{host}"
