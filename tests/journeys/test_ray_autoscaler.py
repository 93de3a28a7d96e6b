"""Jobs that wait for nodes which Ray's own autoscaler starts, and ends again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from bench.harness.machines import missing
from bench.harness.peers import PeerMissing
from bench.harness.ray_autoscaler import Provider, autoscaled_cluster
from tests.journeys.ray_site import START_S, Site, served
from tests.journeys.server import wait_for

pytestmark = [pytest.mark.kill, pytest.mark.skipif(bool(missing()), reason=missing())]

NODES, CPUS, MEMORY_BYTES = 1, 4, 16 << 30
IDLE_S = 2.0
LARGER = {"InstanceType": "ml.m5.24xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10}
WAITS = "Waiting for capacity: a node of the cluster with"


@dataclass
class ScaledSite:
    site: Site
    provider: Provider

    def said(self, name: str) -> list[str]:
        """What a job has said of its start."""
        steps = self.site.jobs.describe(name)["SecondaryStatusTransitions"]
        return [step["StatusMessage"] for step in steps if step["Status"] in ("Starting", "Pending")]


@pytest.fixture(scope="module")
def scaled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScaledSite]:
    try:
        with (
            autoscaled_cluster(NODES, cpus=CPUS, memory_bytes=MEMORY_BYTES, idle_s=IDLE_S) as (
                cluster,
                provider,
            ),
            served(cluster, tmp_path_factory, {"CLARY_RAY_AUTOSCALES": "true"}) as site,
        ):
            yield ScaledSite(site, provider)
    except PeerMissing as error:
        pytest.skip(str(error))


def test_a_job_waits_for_a_node_that_the_autoscaler_starts_and_ends(scaled: ScaledSite) -> None:
    site, provider = scaled.site, scaled.provider
    assert provider.added() == []

    name = site.begin()
    # No node will ever have its type, and it holds up nobody.
    never = site.begin(ResourceConfig=LARGER)

    waits = f"{WAITS} 2 vCPUs, 8.0 GiB of memory"
    wait_for(lambda: waits in scaled.said(name), "the job to say what it waits for", timeout_s=START_S)
    place = site.place(name)
    [node] = provider.added()
    assert place == provider.nodes[node]["address"]
    told = f"{WAITS} 96 vCPUs, 384.0 GiB of memory, and its autoscaler can add none now"
    wait_for(lambda: told in scaled.said(never), "the job to say what it waits for", timeout_s=START_S)
    assert site.jobs.describe(never)["TrainingJobStatus"] == "InProgress"
    site.jobs.clients("sagemaker").stop_training_job(TrainingJobName=never)
    assert site.jobs.wait(never, timeout_s=START_S)["TrainingJobStatus"] == "Stopped"
    site.say(name)
    assert site.jobs.wait(name, timeout_s=START_S)["TrainingJobStatus"] == "Completed"

    wait_for(lambda: provider.added() == [], "the idle node to be ended", timeout_s=START_S)
    assert not next(each for each in site.cluster.machines.all if each.name == node).is_on
