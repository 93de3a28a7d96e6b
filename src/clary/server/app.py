"""Builds everything and owns no logic: read this file to draw the system.

uvicorn ── Starlette ─┬─ /_clary/health
                      └─ Gateway ── services ──┐
                                               ├── store
                              Tracking ────────┤
           TrainingRunner ── ProcessBackend ───┘
                                   └── agents of hosts ── HTTP ──> Gateway
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

import clary
from clary.compute.backends.process import ProcessBackend
from clary.compute.capacity import Capacity
from clary.domain.hosts import AgentCredentials, Endpoint
from clary.domain.identity import PrincipalKind
from clary.runner.tracking import Tracking, TrackingContext
from clary.runner.training import RunnerContext, TrainingRunner
from clary.server.gateway import Gateway
from clary.server.housekeeping import keep_house
from clary.store.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from clary.server.machines import ThisMachine
    from clary.server.platform import Platform

AGENT_CREDENTIALS_TTL_S = 400 * 24 * 3600.0
"""Longer than a job may run: an agent has nobody to ask for new ones."""


def build_app(platform: Platform, machine: ThisMachine, url: str) -> Starlette:
    """The ASGI application; its lifespan is the runner's."""
    runner = build_runner(platform, machine, url)

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "version": clary.__version__})

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        tasks = (
            asyncio.create_task(runner.run(), name="training runner"),
            asyncio.create_task(build_tracking(platform).run(), name="tracking"),
            asyncio.create_task(keep_house(platform), name="housekeeping"),
        )
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            platform.close()

    app = Starlette(routes=[Route("/_clary/health", health)], lifespan=lifespan)
    # Not a Mount: its pattern stops at a line break, and an object's key may have one.
    app.router.default = Gateway(platform)
    return app


def build_tracking(platform: Platform) -> Tracking:
    region, account = platform.settings.region, platform.settings.account
    lineage = Lineage(platform.records, platform.links, region, account)
    return Tracking(TrackingContext(platform.records, platform.links, lineage, region, account))


def build_runner(platform: Platform, machine: ThisMachine, url: str) -> TrainingRunner:
    settings = platform.settings

    def agent_credentials(job_name: str, host_name: str) -> AgentCredentials:
        minted = platform.keyring.mint(
            PrincipalKind.HOST,
            f"{job_name}/{host_name}",
            arn=f"arn:aws:clary:{settings.region}:{settings.account}:host/{job_name}/{host_name}",
            session_name="agent",
            ttl_s=AGENT_CREDENTIALS_TTL_S,
        )
        return AgentCredentials(minted.access_key_id, minted.secret_access_key, minted.session_token)

    return TrainingRunner(
        RunnerContext(
            records=platform.records,
            logs=platform.logs,
            metrics=platform.metrics,
            backend=ProcessBackend(platform.state.hosts, sandbox=settings.sandbox),
            capacity=Capacity(machine.size, settings.cpu_overcommit),
            images=machine,
            host_size=machine.host_size,
            cluster_size=machine.cluster_size,
            agent_credentials=agent_credentials,
            endpoint=Endpoint(url, settings.region, settings.account),
            now=platform.now,
        )
    )
