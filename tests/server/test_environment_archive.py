"""A host gets its environment from a complete server, which sends the archive while it makes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clary.compute.environments import EnvironmentBuildFailed, Environments, Recipe
from clary.compute.environments.fetch import fetch
from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostName, HostSpec, TrainingSpec
from clary.server.app import agent_credentials

from .conftest import Served, serving

RECIPE = Recipe("little", "1.0", f"{sys.version_info.major}.{sys.version_info.minor}", ())
ARN = "arn:aws:sagemaker:us-east-1:111122223333:training-job/big"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    with serving(home / "home", home / "environments") as made:
        for name in ("big", "gone"):
            job = {"TrainingJobName": name, "TrainingJobArn": ARN, "TrainingJobStatus": "InProgress"}
            with made.platform.records.transaction():
                made.platform.records.insert("training-job", name, job)
                # The server's own loop leaves it alone.
                made.platform.records.lease("training-job", name, holder="test", for_s=3600)
        yield made


@pytest.fixture(scope="module")
def built(served: Served) -> EnvironmentSpec:
    assert served.platform.settings.environments is not None
    spec = Environments(served.platform.settings.environments).build(RECIPE, lambda _: None)
    # Larger than what a connection takes at once.
    (Path(spec.prefix) / "lib/large.bin").write_bytes(b"0123456789abcdef" * 500_000)
    return spec


def files(prefix: Path) -> list[Path]:
    return [path for path in (prefix / "lib").rglob("*") if path.is_file()]


def host(served: Served, environment: EnvironmentSpec, name: str = "big") -> HostSpec:
    settings = served.platform.settings
    credentials: AgentCredentials = agent_credentials(served.platform, HostName.of(ARN, name, "algo-1"))
    return HostSpec(
        job_name=name,
        job_arn=ARN,
        host_name="algo-1",
        hosts={"algo-1": "127.64.0.1"},
        cpus=1,
        memory_bytes=2**30,
        gpus=0,
        endpoint=Endpoint(f"http://{served.host}:{served.port}", settings.region, settings.account),
        agent_credentials=credentials,
        role_arn="arn:aws:iam::111122223333:role/Trainer",
        environment=environment,
        workload=TrainingSpec(),
    )


def test_what_arrives_is_what_was_built(served: Served, built: EnvironmentSpec, tmp_path: Path) -> None:
    came = fetch(tmp_path / "node", host(served, built))

    assert came.prefix == str(tmp_path / "node/envs" / built.name)
    sizes = [
        {str(path.relative_to(prefix)): path.stat().st_size for path in files(Path(prefix))}
        for prefix in (built.prefix, came.prefix)
    ]
    assert sizes[0] == sizes[1]
    assert served.is_well()


@pytest.mark.parametrize("key", ["missing", "../envs"])
def test_a_key_that_names_no_environment_is_refused(
    served: Served, built: EnvironmentSpec, tmp_path: Path, key: str
) -> None:
    with pytest.raises((EnvironmentBuildFailed, ValueError), match=r"has no environment|not the key"):
        fetch(tmp_path / "node", host(served, replace(built, name=key)))


def test_the_host_of_no_job_gets_nothing(served: Served, built: EnvironmentSpec, tmp_path: Path) -> None:
    late = host(served, built, name="gone")
    served.platform.records.delete("training-job", "gone")

    with pytest.raises(EnvironmentBuildFailed, match="token"):
        fetch(tmp_path / "node", late)
