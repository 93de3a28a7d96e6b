"""Short jobs on a Ray cluster whose head is killed and started again, and one of whose nodes dies."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from bench.harness.machines import missing
from bench.harness.peers import PeerMissing
from bench.harness.ray_cluster import ray_cluster
from tests.journeys.jobs import unique_name
from tests.journeys.ray_site import START_S, Site, served
from tests.journeys.server import wait_for

pytestmark = [pytest.mark.kill, pytest.mark.skipif(bool(missing()), reason=missing())]

JOBS = int(os.environ.get("CLARY_TEST_RAY_JOBS", "24"))
ROUNDS = int(os.environ.get("CLARY_TEST_KILLS", "1"))
"""By hand: ``CLARY_TEST_RAY_JOBS=100 CLARY_TEST_KILLS=5 pytest -s tests/journeys/test_ray_kills.py``."""
NODES, CPUS, MEMORY_BYTES = 4, 4, 16 << 30
LONGEST_S = 2.0
"""Of a job. It begins by leaving an object, so that another run of it would be seen."""
AWAY_S = 4.0
"""The longest time after which a head is started again."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        with (
            ray_cluster(NODES, cpus=CPUS, memory_bytes=MEMORY_BYTES, durable=True) as cluster,
            served(cluster, tmp_path_factory, {}) as site,
        ):
            yield site
    except PeerMissing as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_each_job_runs_once_though_the_head_and_a_node_are_killed(site: Site, round_: int) -> None:
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    marks = f"round-{round_}"
    names = [unique_name(f"{marks}-{number}") for number in range(JOBS)]
    machine = moments.choice(site.cluster.machines.all[1:])
    began = time.monotonic()

    def submit(name: str) -> None:
        words = {"bucket": site.jobs.bucket, "mark": f"{marks}/{name}", "seconds": durations[name]}
        site.jobs.create("marking.py", name=name, hyperparameters=words)

    def statuses(**asked: str) -> dict[str, str]:
        pages = site.jobs.clients("sagemaker").get_paginator("list_training_jobs")
        return {
            job["TrainingJobName"]: job["TrainingJobStatus"]
            for page in pages.paginate(NameContains=f"{marks}-", PaginationConfig={"PageSize": 100}, **asked)
            for job in page["TrainingJobSummaries"]
        }

    def wait_for_ended(share: float) -> None:
        wait_for(
            lambda: len(statuses(StatusEquals="InProgress")) <= (1 - share) * JOBS,
            f"{share:.0%} of the jobs",
            timeout_s=START_S + 5 * JOBS,
            every_s=0.3,
        )

    durations = {name: round(moments.uniform(0.0, LONGEST_S), 2) for name in names}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(submit, names))
    wait_for_ended(moments.uniform(0.0, 0.3))
    site.cluster.kill(site.cluster.head)
    time.sleep(moments.uniform(0.0, AWAY_S))
    site.cluster.start(site.cluster.head)
    site.cluster.wait_for_head()
    wait_for_ended(moments.uniform(0.4, 0.7))
    machine.power_off()
    wait_for_ended(1.0)
    took_s = time.monotonic() - began

    runs = Counter[str]()
    for page in (
        site.jobs.clients("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=site.jobs.bucket, Prefix=f"{marks}/")
    ):
        runs.update(item["Key"].split("/")[1] for item in page.get("Contents", ()))
    ended = statuses()
    print(f"seed {seed}: {JOBS} jobs in {took_s:.1f} s: {dict(Counter(ended.values()))}")
    assert ended.keys() == set(names), f"seed {seed}"
    for name, status in ended.items():
        if status == "Completed":
            assert runs[name] == 1, f"seed {seed}: {name} ran {runs[name]} times"
        else:
            reason = site.jobs.describe(name).get("FailureReason", "")
            assert f"node {machine.address} left the cluster" in reason, f"seed {seed}: {name}: {reason}"
            assert runs[name] <= 1, f"seed {seed}: {name} ran {runs[name]} times"
    site.renew(machine)
