"""Jobs on a Ray cluster of four machines, each with an address, processes and folders of its own."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest
from bench.harness.machines import missing
from bench.harness.peers import PeerMissing
from bench.harness.ray_cluster import ray_cluster
from tests.journeys.clients import clean_environ
from tests.journeys.jobs import unique_name
from tests.journeys.ray_site import SCRIPT, START_S, Site, hidden_environment, served
from tests.journeys.server import CLARY, wait_for

pytestmark = [pytest.mark.kill, pytest.mark.skipif(bool(missing()), reason=missing())]

NODES, CPUS, MEMORY_BYTES = 4, 4, 16 << 30
TORCH = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312"
TORCH_BUILD_S = 900.0
SHORT_JOBS = 24
SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        # The head keeps what it knows, as one does that is started again.
        with ray_cluster(
            NODES, cpus=CPUS, memory_bytes=MEMORY_BYTES, durable=True, own=[hidden_environment()]
        ) as cluster:
            # Agents and scripts speak TLS with a certificate that the server has made, and get further
            # credentials many times.
            settings = {"CLARY_TLS": "yes", "CLARY_JOB_SESSION_S": "10"}
            with served(cluster, tmp_path_factory, settings) as site:
                yield site
    except PeerMissing as error:
        pytest.skip(str(error))


def test_short_jobs_run_on_all_nodes(site: Site) -> None:
    names = [site.jobs.create(SCRIPT, name=unique_name(f"short-{number}")) for number in range(SHORT_JOBS)]
    ended = [site.jobs.wait(name, timeout_s=START_S) for name in names]

    assert {each["TrainingJobStatus"] for each in ended} == {"Completed"}, ended
    places = Counter(site.jobs.printed(name)["address"] for name in names)
    assert places.keys() == {machine.address for machine in site.cluster.machines.all}
    # What was brought to a node by one host was found there by the others.
    brought = [
        name for name in names if any("bringing the environment" in line for line in site.jobs.log(name))
    ]
    assert NODES <= len(brought) < SHORT_JOBS


def test_four_hosts_on_four_machines_agree_on_their_loss(site: Site) -> None:
    seen = site.jobs.run("torch_two_hosts.py", image=TORCH, instances=NODES, timeout_s=TORCH_BUILD_S)

    said = [site.jobs.printed(seen["TrainingJobName"], f"algo-{number + 1}") for number in range(NODES)]
    assert [each["rank"] for each in said] == list(range(NODES))
    assert {each["world"] for each in said} == {NODES}
    assert len({tuple(each["losses"]) for each in said}) == 1
    assert said[0]["losses"][-1] < said[0]["losses"][0]


def test_a_fast_file_channel_is_read_on_a_node(site: Site) -> None:
    content = bytes(range(256)) * (20 << 12)  # a channel of 16 MiB would be copied
    uri = site.jobs.upload("fast/large", content)

    inputs = {"fast": {"uri": uri, "InputMode": "FastFile"}}
    name = site.jobs.run("reading.py", inputs=inputs, timeout_s=START_S)["TrainingJobName"]

    read = site.jobs.printed(name)
    assert read["fast"] == {"large": {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}}
    assert read["fast changing"] == "refused"
    assert not any("FastFile is not possible" in line for line in site.jobs.log(name))


def test_doctor_looks_at_every_node(site: Site) -> None:
    environ = {**clean_environ(site.server.user_home), **site.server.settings}

    done = subprocess.run(
        [CLARY, "doctor", "--home", site.server.home],
        env={**environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=START_S,
    )

    lines = done.stdout.splitlines()
    assert f"ok    cluster: {NODES} nodes with {NODES * CPUS} CPUs at {site.cluster.client_address}" in lines
    for machine in site.cluster.machines.all:
        (line,) = [line for line in lines if f"node {machine.address}: " in line]
        assert "Ray 2." in line
        assert "can't reach" not in line


def test_jobs_go_on_when_the_head_and_the_server_are_killed(site: Site) -> None:
    name = site.begin(instances=2, renewals=3)
    place = site.place(name)

    site.cluster.kill(site.cluster.head)
    site.server.kill()
    site.cluster.start(site.cluster.head)
    site.server.start()
    site.cluster.wait_for_head()
    site.say(name)

    ended = site.jobs.wait(name, timeout_s=START_S)
    assert ended["TrainingJobStatus"] == "Completed"
    # Its credentials have ended meanwhile, and the model has come.
    for host in ("algo-1", "algo-2"):
        assert site.jobs.printed(name, host)["first"] == "ExpiredToken"
    written = json.loads(site.jobs.download(ended["ModelArtifacts"]["S3ModelArtifacts"])["written.json"])
    assert len(written) > 3
    # Each host has run once, where it was.
    assert [line for line in site.jobs.log(name) if line == "ended"] == ["ended", "ended"]
    assert site.jobs.printed(name, "algo-1")["address"] == place
    site.cluster.wait_for_nodes(NODES)
    assert site.jobs.run(SCRIPT, timeout_s=START_S)


def test_a_node_that_dies_fails_its_jobs_and_may_come_back(site: Site) -> None:
    name = site.begin(instances=NODES)
    for number in range(NODES):
        site.place(name, f"algo-{number + 1}")
    machine = site.cluster.machines[NODES - 1]

    machine.power_off()

    failed = site.jobs.wait(name, timeout_s=START_S)
    assert failed["TrainingJobStatus"] == "Failed"
    assert f"node {machine.address} left the cluster" in failed["FailureReason"]

    site.cluster.machines.power_on(machine)
    site.cluster.start(machine)
    site.cluster.wait_for_nodes(NODES)
    wait_for(lambda: machine.address in places(site), f"a host on {machine.name}", timeout_s=START_S)


def places(site: Site, hosts: int = NODES) -> set[str]:
    """Where the hosts of a job run that has one for each node."""
    name = site.jobs.run(SCRIPT, instances=hosts, timeout_s=START_S)["TrainingJobName"]
    return {site.jobs.printed(name, f"algo-{number + 1}")["address"] for number in range(hosts)}


def test_a_node_that_is_taken_away_interrupts_a_spot_job(site: Site) -> None:
    name = site.begin(instances=NODES, **SPOT)
    for number in range(NODES):
        site.place(name, f"algo-{number + 1}")
    machine = site.cluster.machines[NODES - 1]

    machine.power_off()
    site.say(name)

    seen = site.jobs.wait(name, timeout_s=START_S)
    assert seen["TrainingJobStatus"] == "Completed"
    steps = seen["SecondaryStatusTransitions"]
    (said,) = [step["StatusMessage"] for step in steps if step["Status"] == "Interrupted"]
    assert f"node {machine.address} left the cluster" in said
    assert seen["BillableTimeInSeconds"] <= seen["TrainingTimeInSeconds"]
    site.cluster.machines.power_on(machine)
    site.cluster.start(machine)
    site.cluster.wait_for_nodes(NODES)


def test_a_spot_job_leaves_a_node_that_ray_drains(site: Site) -> None:
    on_demand = site.begin(instances=NODES)  # beside it, on every node
    for number in range(NODES):
        site.place(on_demand, f"algo-{number + 1}")
    checkpoints = {"CheckpointConfig": {"S3Uri": f"s3://{site.jobs.bucket}/checkpoints"}}
    name = site.jobs.create("saving_when_told.py", instances=2, **SPOT, **checkpoints)
    began = {host: site.place(name, host) for host in ("algo-1", "algo-2")}
    machine = next(each for each in site.cluster.machines.all[1:] if each.address in began.values())

    site.cluster.drain(machine, deadline_s=600)

    seen = site.jobs.wait(name, timeout_s=START_S)
    assert seen["TrainingJobStatus"] == "Completed", seen.get("FailureReason")
    (said,) = [
        step["StatusMessage"]
        for step in seen["SecondaryStatusTransitions"]
        if step["Status"] == "Interrupted"
    ]
    assert f"its node {machine.address} is about to leave the cluster" in said
    for host, place in began.items():
        ended = site.jobs.printed(name, host)
        assert ended["saved"] == {"address": place}
        assert ended["address"] != machine.address
    # There is room on it for one more, and nothing new comes there.
    assert machine.address not in places(site, NODES - 1)
    site.say(on_demand)
    assert site.jobs.wait(on_demand, timeout_s=START_S)["TrainingJobStatus"] == "Completed"
    site.renew(machine)


def test_a_job_is_tried_again_on_the_nodes_that_are_left(site: Site) -> None:
    name = site.begin(instances=NODES, RetryStrategy={"MaximumRetryAttempts": 1})
    for number in range(NODES):
        site.place(name, f"algo-{number + 1}")
    machine = site.cluster.machines[NODES - 1]

    machine.power_off()
    site.say(name)

    assert site.jobs.wait(name, timeout_s=START_S)["TrainingJobStatus"] == "Completed"
    found = {site.jobs.printed(name, f"algo-{number + 1}")["address"] for number in range(NODES)}
    assert machine.address not in found
