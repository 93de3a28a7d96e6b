"""A server that answers requests, and endpoints whose containers are real HTTP servers of the test.

There is no loop that starts hosts: the records say that all hosts serve, where the test listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import Credentials
from starlette.applications import Starlette
from tests.server.conftest import ANSWER_S, Served
from tests.server.inference.model_servers import ModelServer, Respond, model_server

from clary.domain.arns import sagemaker_arn
from clary.domain.hosts import Phase
from clary.kinds.endpoint import KIND
from clary.kinds.endpoint.generations import generations, instances
from clary.kinds.endpoint.routes import routes_of
from clary.server.gateway import Gateway
from clary.server.machines import ThisMachine
from clary.server.platform import build_platform
from clary.server.serve import Server, server_config
from clary.server.settings import Settings
from clary.server.state import StateFolder, listen

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Runtime(Served):
    """A server. clients: those that were made, to be closed at the end."""

    gateway: Gateway
    clients: list[Any]

    def client(
        self, keys: Credentials | None = None, service: str = "sagemaker-runtime", **config: Any
    ) -> Any:
        """A client of boto3. It tries once."""
        keys = keys or self.keys
        client = boto3.client(
            service,
            region_name=self.platform.settings.region,
            endpoint_url=f"http://{self.host}:{self.port}",
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
            config=Config(
                retries={"total_max_attempts": 1},
                read_timeout=ANSWER_S,
                s3={"addressing_style": "path"},
                **config,
            ),
        )
        self.clients.append(client)
        return client

    def add(self, record: Document) -> None:
        """Stores the record of an endpoint."""
        self.platform.records.insert(
            KIND.record_kind,
            KIND.name(record),
            record,
            arn=KIND.arn(record),
            status=KIND.status(record),
        )


@contextlib.contextmanager
def running(home: Path, **settings: Any) -> Iterator[Runtime]:
    chosen = Settings(home=home, environments=home / "environments", **settings)
    state = StateFolder(chosen.home)
    state.prepare()
    platform = build_platform(chosen, state, ThisMachine(chosen, state))
    gateway = Gateway(platform)
    listener = listen(state, chosen.host, 0)
    host, port = listener.getsockname()

    @contextlib.asynccontextmanager
    async def answering(_app: Starlette) -> AsyncIterator[None]:
        queue = asyncio.create_task(gateway.runtime.queue.run())
        yield
        queue.cancel()
        await asyncio.wait({queue})

    lifespan = Starlette(lifespan=answering)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (lifespan if scope["type"] == "lifespan" else gateway)(scope, receive, send)

    ready = threading.Event()
    clients: list[Any] = []
    server = Server(server_config(app, "warning"), ready.set, platform.changes.close)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), name="server")
    thread.start()
    try:
        assert ready.wait(ANSWER_S)
        root = state.root_credentials()
        keys = Credentials(root.access_key_id, root.secret_access_key)
        yield Runtime(platform, host, port, keys, gateway, clients)
    finally:
        for client in clients:
            client.close()
        server.should_exit = True
        thread.join(ANSWER_S)
        gateway.close()
        platform.close()
        assert not thread.is_alive()


def variant(name: str = "AllTraffic", **members: Any) -> Document:
    """A variant of a generation, as the kind keeps it."""
    return {
        "VariantName": name,
        "ModelName": "model",
        "RoleArn": "arn:aws:iam::111122223333:role/clary",
        "Containers": [{"Image": "sagemaker-scikit-learn:1.2-1"}],
        "InstanceType": "ml.m5.large",
        "InstanceCount": 1,
        "Weight": 1.0,
        "Mode": "SingleModel",
        **members,
    }


def endpoint(name: str, *variants: Document, status: str = "InService", **generation: Any) -> Document:
    """The record of an endpoint, all of whose hosts serve."""
    record: Document = {
        "EndpointName": name,
        "EndpointArn": sagemaker_arn("us-east-1", "111122223333", "endpoint", name),
        "EndpointConfigName": "config",
        "EndpointStatus": status,
        "CreationTime": 1_790_000_000.0,
        "_Generations": [
            {
                "Id": 1,
                "EndpointConfigName": "config",
                "State": "serving",
                "Variants": list(variants or [variant()]),
                **generation,
            }
        ],
    }
    return serving(record)


def serving(record: Document) -> Document:
    """The record, with hosts that have reported that they serve."""
    hosts = [host for each in generations(record) for one in instances(each) for host in one.hosts]
    reports = {host: {"Outcome": "", "Phases": [{"Phase": str(Phase.RUNNING)}]} for host in hosts}
    return {**record, "_Hosts": dict.fromkeys(hosts, "handle"), "_Reports": reports}


@contextlib.contextmanager
def containers(record: Document, *responds: Respond) -> Iterator[list[ModelServer]]:
    """Listens at the address of every container, in order; the last function answers for all others."""
    routes = routes_of(record)
    addresses: Sequence[tuple[str, int]] = [
        address
        for variant in (*routes.variants, *routes.shadows)
        for instance in variant.instances
        for address in instance.addresses
    ]
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(model_server(responds[min(number, len(responds) - 1)], address))
            for number, address in enumerate(addresses)
        ]


def wait_for(look: Callable[[], Any]) -> Any:
    """Looks again and again until there is something."""
    ends_at = time.monotonic() + ANSWER_S
    while True:
        if found := look():
            return found
        assert time.monotonic() < ends_at
        time.sleep(0.02)
