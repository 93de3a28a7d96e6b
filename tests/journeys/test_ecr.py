"""An image goes to ECR with the clients of AWS's tutorial, and a job runs it by the name that AWS has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine import TestEngine, missing, running_engine
from tests.journeys.clients import Client, client_prefix
from tests.journeys.conftest import execution_role
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server, wait_for

from clary.server.ecr.program import HOW_TO_INSTALL, registry_program

WHY_NOT = missing() or ("" if registry_program() else f"no registry server: {HOW_TO_INSTALL}")
pytestmark = pytest.mark.skipif(WHY_NOT != "", reason=WHY_NOT)

SCRIPTS = Path(__file__).parent / "containers"
REPOSITORY = "team/fits"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture(scope="module")
def server(engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"CLARY_COMPUTE": "container", "DOCKER_HOST": engine.address}
    server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"), settings)
    server.start()
    yield server
    server.stop()
    wait_for(lambda: engine.left() == [], "every container to be gone")


def test_the_tutorial_of_ecr(server: Server, engine: TestEngine, tmp_path: Path) -> None:
    client = Client(client_prefix("v2"), server.client_environ(), tmp_path)
    jobs = Jobs(server.session(), "ecr", execution_role(server))
    jobs.clients("s3").create_bucket(Bucket="ecr")
    jobs.upload("code/fits.py", (SCRIPTS / "fits.py").read_bytes())
    jobs.upload("train/points.csv", b"".join(b"%d,%d\n" % (x, 3 * x + 1) for x in range(8)))

    def aws(*words: str) -> dict[str, object]:
        answer: dict[str, object] = json.loads(client.command("aws", "ecr", *words, "--output", "json"))
        return answer

    def podman(*words: str, told: str = "") -> None:
        done = subprocess.run(
            [*engine.command, *words],
            env={**engine.environ, "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")},
            input=told,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"podman {words}: {done.stderr}"

    uri = aws("create-repository", "--repository-name", REPOSITORY)["repository"]["repositoryUri"]  # type: ignore[index]
    password = client.command("aws", "ecr", "get-login-password").strip()
    podman("login", "--tls-verify=false", "-u", "AWS", "--password-stdin", uri, told=password)
    podman("tag", engine.image, f"{uri}:1")
    podman("push", "--tls-verify=false", f"{uri}:1")
    [image] = aws("describe-images", "--repository-name", REPOSITORY)["imageDetails"]  # type: ignore[misc]
    assert image["imageTags"] == ["1"]  # type: ignore[index]
    # Nobody has it any more but ECR, and the server has to start the registry again.
    podman("rmi", "--force", engine.image, f"{uri}:1")
    server.kill()
    server.start()

    seen = client.run(
        "pushed_image.py",
        image=f"{server.facts['account']}.dkr.ecr.{server.facts['region']}.amazonaws.com/{REPOSITORY}:1",
        code=f"s3://{jobs.bucket}/code/",
        train=f"s3://{jobs.bucket}/train/",
    )

    assert seen["training"]["status"] == "Completed"
    assert sorted(jobs.download(seen["model"])) == ["line.json"]
    podman("rmi", "--all", "--force")
    podman("pull", "--tls-verify=false", f"{uri}:1")
    deleted = aws("delete-repository", "--repository-name", REPOSITORY, "--force")
    assert deleted["repository"]["repositoryUri"] == uri  # type: ignore[index]
