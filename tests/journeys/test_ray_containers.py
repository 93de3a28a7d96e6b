"""Images of the user under the engines of two nodes of a Ray cluster, which reach the server over TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bench.harness import machines
from bench.harness.peers import PeerMissing
from bench.harness.ray_cluster import RayCluster, ray_cluster
from tests import engine as engines
from tests.journeys.clients import client_prefix
from tests.journeys.conftest import execution_role
from tests.journeys.endpoints import Endpoints
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.processing_jobs import ProcessingJobs
from tests.journeys.server import Server, wait_for
from tests.journeys.test_containers import POINTS, SCRIPTS, channel, create_transform, ended_transform
from tests.node_engines import ADDRESS, NodeEngine, engines_on

from clary.server.ecr.program import HOW_TO_INSTALL, registry_program

WHY_NOT = (
    machines.missing()
    or engines.missing()
    or ("" if registry_program() else f"no registry server: {HOW_TO_INSTALL}")
)
pytestmark = [pytest.mark.kill, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]

NODES, CPUS, MEMORY_BYTES = 2, 8, 32 << 30
START_S = 240.0
REPOSITORY = "team/fits"


@dataclass
class Site:
    cluster: RayCluster
    engines: list[NodeEngine]
    server: Server
    jobs: Jobs
    image: str
    """In ECR, by the name that AWS has."""

    def create(self, script: str, *, instances: int = 1, **more: Any) -> str:
        """As in ``test_containers``: members of the request begin with a capital."""
        members = {name: more.pop(name) for name in list(more) if name[0].isupper()}
        image = more.pop("image", self.image)
        inputs = [channel(name, f"s3://{self.jobs.bucket}/{name}/") for name in ("code", "train")]
        resources = {"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 5}
        request = {
            "TrainingJobName": unique_name(script.removesuffix(".py")),
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "RoleArn": self.jobs.role_arn,
            "HyperParameters": {"script": script, **more},
            "InputDataConfig": inputs,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.jobs.bucket}/output"},
            "ResourceConfig": resources,
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }
        return self.jobs.submit({**request, **members})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        with ray_cluster(
            NODES, cpus=CPUS, memory_bytes=MEMORY_BYTES, variables={"DOCKER_HOST": ADDRESS}
        ) as cluster:
            settings = {
                "CLARY_COMPUTE": f"container+{cluster.client_address}",
                "CLARY_RAY_PYTHON": str(cluster.programs / "python"),
                "CLARY_RAY_FOLDER": "/tmp/clary-nodes",
                "CLARY_HOST": cluster.machines.address,
                "CLARY_TLS": "yes",
                **cluster.access,
            }
            server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"), settings)
            server.start()
            clients = server.session(root=True)
            clients("s3").create_bucket(Bucket="cluster")
            jobs = Jobs(clients, "cluster", execution_role(server))
            for script in SCRIPTS.iterdir():
                jobs.upload(f"code/{script.name}", script.read_bytes())
            jobs.upload("train/points.csv", POINTS)
            with engines_on(cluster.machines.all) as made:
                image = pushed(server, made[0])
                yield Site(cluster, made, server, jobs, image)
                server.stop()
                for engine in made:
                    wait_for(lambda engine=engine: engine.left() == [], "every container to be gone")
    except PeerMissing as error:
        pytest.skip(str(error))


def pushed(server: Server, engine: NodeEngine) -> str:
    """Pushes the image of the tests to ECR from a node, where it is removed then; returns its name."""
    (packages,) = client_prefix("toolkit").glob("lib/python*/site-packages")
    engine.add_image(packages)
    ecr = server.session(root=True)("ecr")
    ecr.create_repository(repositoryName=REPOSITORY)
    login = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    trusted = engine.machine.own_path("/tmp/trusted")
    trusted.mkdir()
    (trusted / "ca.crt").write_text(Path(server.facts["certificate"]).read_text())
    address = server.facts["tls_url"].removeprefix("https://")
    (trusted / "auth.json").write_text(json.dumps({"auths": {address: {"auth": login}}}))
    access = ("--cert-dir", "/tmp/trusted", "--authfile", "/tmp/trusted/auth.json")
    engine.podman("push", *access, engines.IMAGE, f"{address}/{REPOSITORY}:1")
    engine.podman("rmi", "--force", engines.IMAGE)
    facts = server.facts
    return f"{facts['account']}.dkr.ecr.{facts['region']}.amazonaws.com/{REPOSITORY}:1"


def test_hosts_on_two_nodes_meet_and_both_nodes_load_the_image_from_ecr(site: Site) -> None:
    name = site.create("meets.py", instances=2)

    ended = site.jobs.wait(name, timeout_s=START_S)
    assert ended["TrainingJobStatus"] == "Completed", (ended.get("FailureReason"), site.jobs.log(name))
    first, second = (site.jobs.printed(name, host) for host in ("algo-1", "algo-2"))
    assert (first["heard"], second["heard"]) == (["algo-2"], ["algo-1"])
    assert first["address"] != second["address"]
    assert {first["address"], second["address"]} == {each.address for each in site.cluster.machines.all}
    assert (second["health"], "SecretAccessKey" in second["credentials"]) == ("ok", True)
    assert [line for line in site.jobs.log(name, "algo-2") if "bringing the image" in line]


def test_a_failure_and_an_isolation_that_can_t_be_kept_are_said(site: Site) -> None:
    fails = site.create("ends.py", how="fails")
    isolated = site.create("meets.py", instances=2, EnableNetworkIsolation=True)

    reasons = [site.jobs.wait(name, timeout_s=START_S)["FailureReason"] for name in (fails, isolated)]

    assert reasons[0] == "AlgorithmError: the data has no labels"
    assert {"on stdout", "on stderr"} <= set(site.jobs.log(fails))
    assert "EnableNetworkIsolation is true, and the hosts are on several machines" in reasons[1]


def test_processing_runs_on_both_nodes(site: Site) -> None:
    processing = ProcessingJobs(site.jobs)
    name = processing.create(
        "counting.py",
        instances=NODES,
        AppSpecification={
            "ImageUri": site.image,
            "ContainerEntrypoint": ["/usr/bin/python3", "-uc", "import socket; print(socket.gethostname())"],
        },
    )

    ended = processing.wait(name, timeout_s=START_S)

    assert ended["ProcessingJobStatus"] == "Completed", ended.get("FailureReason")
    assert sorted(line for line in processing.log(name) if line.startswith("algo-")) == ["algo-1", "algo-2"]


def test_an_endpoint_and_a_transform_serve_on_nodes(site: Site) -> None:
    jobs = site.jobs
    endpoints = Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)
    data = endpoints.upload("model.tar.gz", {"model.txt": b" to you"})
    model = endpoints.model(PrimaryContainer={"Image": site.image, "ModelDataUrl": data})
    jobs.upload("greetings/one.txt", b"hello")

    endpoint = endpoints.create(endpoints.config(model))
    transform = create_transform(jobs, model, "greetings/")
    endpoints.wait(endpoint, timeout_s=START_S)
    asked = jobs.clients("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=b"good day")
    answer = asked["Body"].read()
    ended = ended_transform(jobs, transform)
    endpoints.delete(endpoint)

    assert answer == b"GOOD DAY to you"
    assert ended["TransformJobStatus"] == "Completed", ended.get("FailureReason")
    transformed = jobs.clients("s3").get_object(Bucket=jobs.bucket, Key="transformed/one.txt.out")["Body"]
    assert transformed.read() == b"HELLO to you"
