from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from clary.domain.hosts import (
    AgentCredentials,
    ContainerImage,
    Endpoint,
    EnvironmentSpec,
    HostSpec,
    TrainingSpec,
)
from clary.host.container.addresses import engine_address
from clary.host.container.command import image_command
from clary.host.container.loopback import variables_inside
from clary.host.container.orders import container_name, network_name, orders
from clary.host.sandbox.view import Mount
from clary.host.user_process.variables import UserPaths, variables_of

HOST = Path("/state/hosts/job-0-algo-1")
IMAGE = ContainerImage("unix:///e.sock", "sha256:1", ("python", "/run.py"), ("help",), {"PYTHONPATH": "/app"})


def spec(**changes: Any) -> HostSpec:
    made = HostSpec(
        job_name="job",
        job_arn="arn:aws:sagemaker:us-east-1:111122223333:training-job/job",
        host_name="algo-1",
        hosts={"algo-1": "127.64.0.1"},
        cpus=2,
        memory_bytes=1 << 30,
        gpus=0,
        endpoint=Endpoint("http://127.0.0.1:4000", "us-east-1", "111122223333"),
        agent_credentials=AgentCredentials("a", "b", "c"),
        role_arn="arn:aws:iam::111122223333:role/Trainer",
        environment=EnvironmentSpec("my-image:1", "", container=IMAGE),
        workload=TrainingSpec(),
    )
    return dataclasses.replace(made, **changes)


def made(given: HostSpec, gpus: Sequence[int] = ()) -> dict[str, Any]:
    mounts = [Mount("/a:b", "/opt/ml", writable=True), Mount("/links", "/opt/ml/input/data/train")]
    return orders(
        given,
        IMAGE,
        HOST,
        command=["python", "/run.py", "train"],
        variables={"A": "1", "NVIDIA_VISIBLE_DEVICES": "all"},
        mounts=mounts,
        gpus=gpus,
    )


@pytest.mark.parametrize(
    ("entrypoint", "arguments", "command"),
    [
        ((), (), ["python", "/run.py", "train"]),
        ((), ("--lr", "1"), ["python", "/run.py", "--lr", "1"]),
        (("bash",), (), ["bash"]),
        (("bash", "-c"), ("ls",), ["bash", "-c", "ls"]),
    ],
)
def test_a_training_runs_what_docker_run_would(
    entrypoint: tuple[str, ...], arguments: tuple[str, ...], command: list[str]
) -> None:
    assert image_command(IMAGE, entrypoint, arguments, ("train",)) == command


def test_a_processing_job_without_a_command_runs_that_of_the_image() -> None:
    assert image_command(IMAGE, (), ()) == ["python", "/run.py", "help"]
    assert image_command(ContainerImage("", ""), (), ()) == []


def test_a_container_has_the_bounds_of_its_instance_and_no_swap() -> None:
    limits = made(spec())["HostConfig"]

    assert (limits["Memory"], limits["MemorySwap"], limits["NanoCpus"]) == (1 << 30, 1 << 30, 2 * 10**9)
    assert limits["PidsLimit"] == 8192
    assert "DeviceRequests" not in limits


def test_mounts_say_who_may_write_and_their_paths_may_hold_colons() -> None:
    assert made(spec())["HostConfig"]["Mounts"] == [
        {"Type": "bind", "Source": "/a:b", "Target": "/opt/ml", "ReadOnly": False},
        {"Type": "bind", "Source": "/links", "Target": "/opt/ml/input/data/train", "ReadOnly": True},
    ]


def test_hosts_of_a_job_share_a_network_and_other_jobs_have_another() -> None:
    first = network_name(spec(), HOST)
    other_job = spec(job_arn="arn:aws:sagemaker:us-east-1:111122223333:training-job/other")

    assert made(spec())["NetworkingConfig"]["EndpointsConfig"] == {first: {"Aliases": ["algo-1"]}}
    assert network_name(spec(host_name="algo-2"), HOST.with_name("job-0-algo-2")) == first
    assert network_name(other_job, HOST) != first
    assert network_name(spec(), Path("/other/hosts/job-0-algo-1")) != first


def test_an_isolated_host_has_no_network_and_isolated_hosts_have_one_without_a_way_out() -> None:
    alone = spec(isolated=True)
    pair = spec(isolated=True, hosts={"algo-1": "127.64.0.1", "algo-2": "127.64.0.2"})

    assert made(alone)["HostConfig"]["NetworkMode"] == "none"
    assert "NetworkingConfig" not in made(alone)
    assert network_name(pair, HOST).startswith("clary-")


def test_hosts_on_several_machines_have_the_network_of_these_and_their_names() -> None:
    given = spec(hosts={"algo-1": "10.0.0.1", "algo-2": "10.0.0.2"}, network_interface="ens5")

    assert made(given)["HostConfig"]["NetworkMode"] == "host"
    assert made(given)["HostConfig"]["ExtraHosts"] == ["algo-1:10.0.0.1", "algo-2:10.0.0.2"]
    assert "NetworkingConfig" not in made(given)
    found = variables_of(given, given.environment, UserPaths(), noun="TRAINING")
    assert found["GLOO_SOCKET_IFNAME"] == "ens5"


def test_hosts_on_one_node_have_a_network_of_their_own() -> None:
    given = spec(hosts={"algo-1": "10.0.0.1", "algo-2": "10.0.0.1"}, network_interface="eth0")

    assert network_name(given, HOST).startswith("clary-")


def test_the_name_of_a_container_can_be_given_to_an_engine_whatever_the_job_is_called() -> None:
    name = container_name(spec(job_name="a/b c" * 40), HOST)

    assert name.startswith("clary-a-b-c")
    assert len(name) < 100
    assert name != container_name(spec(job_name="a/b c" * 40), HOST.with_name("other"))


def test_variables_of_the_image_stay_and_clary_is_on_the_containers_own_loopback_interface() -> None:
    given = spec(variables={"MINE": "1", "SAGEMAKER_REGION": "mine"})

    found = variables_of(given, given.environment, UserPaths(), noun="TRAINING")

    assert "PATH" not in found
    assert "HOME" not in found
    assert found["PYTHONPATH"] == "/opt/clary/site:/app"
    doors = variables_inside(given.endpoint)
    assert doors["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4000"
    assert doors["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == "http://127.0.0.1:51679/role"
    assert doors.keys() & found.keys() == set()
    assert "AWS_CONFIG_FILE" not in found
    assert found["GLOO_SOCKET_IFNAME"] == "eth0"
    assert (found["MINE"], found["SAGEMAKER_REGION"]) == ("1", "mine")


def test_an_isolated_container_is_told_of_nothing_that_it_can_t_reach() -> None:
    given = spec(isolated=True)

    found = variables_of(given, given.environment, UserPaths(), noun="TRAINING")

    assert [name for name in found if name.startswith("AWS_")] == []
    assert found["GLOO_SOCKET_IFNAME"] == "lo"


def test_docker_host_names_the_engine_then_podmans_variable() -> None:
    assert engine_address({"DOCKER_HOST": "tcp://127.0.0.1:2375", "CONTAINER_HOST": "unix:///p"}) == (
        "tcp://127.0.0.1:2375"
    )
    assert engine_address({"CONTAINER_HOST": "unix:///p"}) == "unix:///p"
