"""One server for each test process, and real clients that connect to it like a user's."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from tests.journeys.clients import Client, client_prefix
from tests.journeys.jobs import Jobs
from tests.journeys.server import Clients, Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent) + os.sep
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.journey)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(server, Server):
        report.sections.append(("the server's log", server.log_tail()))
    return report


@pytest.fixture(scope="session", autouse=True)
def _no_aws_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps boto3 in this process from reading the AWS configuration of the user who runs the tests."""
    nothing = tmp_path_factory.mktemp("aws") / "nothing"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CONFIG_FILE", str(nothing))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nothing))
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def clients(server: Server) -> Clients:
    """boto3 with the variables of ``clary env``."""
    return server.session()


@pytest.fixture(scope="session")
def root(server: Server) -> Clients:
    """boto3 with the root keys of the account."""
    return server.session(root=True)


@pytest.fixture(scope="session")
def bucket(clients: Clients) -> str:
    clients("s3").create_bucket(Bucket="journeys")
    return "journeys"


@pytest.fixture(scope="session")
def jobs(server: Server, clients: Clients, bucket: str) -> Jobs:
    return Jobs(clients, bucket, execution_role(server))


@pytest.fixture(scope="session")
def v2(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """sagemaker 2.x, with the aws command, smexperiments and smdebug."""
    return Client(client_prefix("v2"), server.client_environ(), tmp_path_factory.mktemp("v2"))


@pytest.fixture(scope="session")
def v3(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(client_prefix("v3"), server.client_environ(), tmp_path_factory.mktemp("v3"))


@pytest.fixture
def own_settings() -> dict[str, str]:
    """``CLARY_*`` variables of ``own``; a file that needs some has a fixture of the same name."""
    return {}


@pytest.fixture
def own(own_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that no other test uses."""
    server = Server(tmp_path_factory.mktemp("own"), tmp_path_factory.mktemp("user"), own_settings)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_jobs(own: Server) -> Jobs:
    clients = own.session(root=True)
    clients("s3").create_bucket(Bucket="own")
    return Jobs(clients, "own", execution_role(own))


def execution_role(server: Server) -> str:
    return f"arn:aws:iam::{server.facts['account']}:role/ClaryExecutionRole"
