"""Two servers on one database: each job runs once, whichever server is killed, and at whatever moment."""

from __future__ import annotations

import os
import random
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.journeys.conftest import execution_role
from tests.journeys.endpoints import Endpoints, until_answered
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Server, wait_for
from tests.postgres import PostgresServer

pytestmark = pytest.mark.kill

KILLS = int(os.environ.get("CLARY_TEST_KILLS", "5"))
"""By hand: ``CLARY_TEST_KILLS=20 pytest tests/journeys/test_two_servers.py``."""
JOBS = 14 + 2 * KILLS
LINES = 3
LOSS = {"loss": "loss=([0-9.]+)"}
TAKEOVER_S = 3
"""So short that a server that starts slowly loses its jobs to the other one."""
CONTENT = b"x" * 100_000
"""Too large for a row."""


@dataclass
class Pair:
    servers: list[Server]
    jobs: list[Jobs]
    endpoints: list[Endpoints]
    endpoint: str
    database: PostgresServer

    def owner(self, name: str) -> int:
        """The server in whose folder a host of a job is."""

        def found() -> list[int]:
            return [number for number in (0, 1) if list(self.servers[number].home.glob(f"hosts/*{name}*"))]

        return int(wait_for(found, f"a host of {name}")[0])

    def said(self, number: int, words: str) -> bool:
        return words in (self.servers[number].home / "server.log").read_text()


@dataclass
class Load:
    """Writes objects and asks an endpoint, at both servers in turn, until it is ended."""

    pair: Pair
    written: dict[str, bytes] = field(default_factory=dict)
    """What was acknowledged."""
    answers: int = 0
    wrong: list[object] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        number = 0
        while not self.ended.wait(0.02):
            number += 1
            body = CONTENT if number % 4 == 0 else str(number).encode()
            try:
                self.pair.jobs[number % 2].clients("s3").put_object(
                    Bucket="journeys", Key=f"kept/{number}", Body=body
                )
            except (ClientError, BotoCoreError):
                continue
            self.written[f"kept/{number}"] = body

    def ask(self) -> None:
        number = 0
        while not self.ended.wait(0.1):
            number += 1
            try:
                answer = self.pair.endpoints[number % 2].ask(self.pair.endpoint, number)
            except (ClientError, BotoCoreError):
                continue
            self.answers += 1
            if answer["answer"] != 2 * number:
                self.wrong.append(answer)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """They are given one database and one secret; keys and content of objects they share by themselves."""
    database = PostgresServer.or_skip()
    settings = {
        "CLARY_DATABASE": database.empty(),
        "CLARY_SECRET": secrets.token_hex(16),
        "CLARY_TAKEOVER_S": str(TAKEOVER_S),
        "CLARY_TLS": "yes",
    }
    user = tmp_path_factory.mktemp("user")
    servers = [Server(tmp_path_factory.mktemp(name), user, settings) for name in ("one", "two")]
    for server in servers:
        server.start()
    clients = [server.session(root=True) for server in servers]
    clients[0]("s3").create_bucket(Bucket="journeys")
    role = execution_role(servers[0])
    endpoints = [Endpoints(each, "journeys", role) for each in clients]
    name = endpoints[0].deploy(endpoints[0].model(2))
    yield Pair(servers, [Jobs(each, "journeys", role) for each in clients], endpoints, name, database)
    endpoints[1].delete(name)
    for server in servers:
        server.stop()
    database.close()


def test_each_job_runs_once_though_servers_are_killed(pair: Pair) -> None:
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    acknowledged: list[str] = []
    done = threading.Event()

    requests = [
        pair.jobs[number % 2].request(
            "counting.py", hyperparameters={"lines": LINES}, metrics=LOSS, name=unique_name(f"job-{number}")
        )
        for number in range(JOBS)
    ]

    def submit() -> None:
        """Asks one server after another, until one says yes."""
        for number, request in enumerate(requests):
            for attempt in range(200):
                sagemaker = pair.jobs[(number + attempt) % 2].clients("sagemaker")
                try:
                    sagemaker.create_training_job(**request)
                except sagemaker.exceptions.ResourceInUse:
                    # An earlier attempt was committed, and its answer was lost.
                    pass
                except (ClientError, BotoCoreError):
                    time.sleep(0.05)
                    continue
                acknowledged.append(request["TrainingJobName"])
                break
        done.set()

    load = Load(pair)
    beside = [threading.Thread(target=each) for each in (load.write, load.ask)]
    submitting = threading.Thread(target=submit)
    for thread in (submitting, *beside):
        thread.start()
    for number in range(KILLS):
        time.sleep(moments.uniform(0.0, 1.5))
        if number == KILLS // 2:
            # It ends all connections, and keeps what it has acknowledged.
            pair.database.stop()
            pair.database.start()
        server = moments.choice(pair.servers)
        server.kill()
        server.start()
    submitting.join(60 + 6 * KILLS)
    load.ended.set()
    for thread in beside:
        thread.join(120)

    assert done.is_set()
    assert len(acknowledged) == JOBS, f"seed {seed}"
    ended = {name: pair.jobs[0].wait(name, timeout_s=240) for name in acknowledged}
    by_server = {name: pair.jobs[1].describe(name)["TrainingJobStatus"] for name in acknowledged}
    for name, job in ended.items():
        assert job["TrainingJobStatus"] == "Completed", f"seed {seed}: {name}: {job.get('FailureReason')}"
        # A second run would have lines of its own.
        assert len(pair.jobs[1].log(name)) == LINES, f"seed {seed}: {name}"
        [metric] = job["FinalMetricDataList"]
        assert round(metric["Value"], 4) == round(1 / LINES, 4), f"seed {seed}: {name}"
    assert set(by_server.values()) == {"Completed"}

    s3 = pair.jobs[0].clients("s3")
    for key, body in load.written.items():
        assert s3.get_object(Bucket="journeys", Key=key)["Body"].read() == body, f"seed {seed}: {key}"
    assert load.written
    assert load.answers
    assert not load.wrong, f"seed {seed}: {load.wrong}"
    for endpoints in pair.endpoints:
        until_answered(endpoints, pair.endpoint)


def test_jobs_of_a_server_that_is_silent_go_on_at_the_other_one(pair: Pair) -> None:
    """First it is stopped and goes on later, then the other one is killed and started again."""
    lines = 60
    name = pair.jobs[0].create("counting.py", hyperparameters={"lines": lines, "seconds": 20}, metrics=LOSS)
    pair.jobs[0].wait(name, until=("Training",))
    first = pair.owner(name)
    second = 1 - first

    stopped = int(pair.servers[first].facts["pid"])
    os.kill(stopped, signal.SIGSTOP)
    try:
        wait_for(lambda: pair.said(second, "this one takes"), "the other server to take over")
        until_answered(pair.endpoints[second], pair.endpoint)
    finally:
        os.kill(stopped, signal.SIGCONT)
    until_answered(pair.endpoints[first], pair.endpoint)

    taken = (pair.servers[first].home / "server.log").read_text().count("this one takes")
    pair.servers[second].kill()
    wait_for(
        lambda: (pair.servers[first].home / "server.log").read_text().count("this one takes") > taken,
        "the first server to take its jobs back",
        timeout_s=240,
    )
    pair.servers[second].start()
    job = pair.jobs[second].wait(name, timeout_s=240)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert pair.jobs[first].log(name) == [f"line {n} loss={1 / (n + 1):.4f}" for n in range(lines)]
    for endpoints in pair.endpoints:
        until_answered(endpoints, pair.endpoint)


def test_clients_elsewhere_are_answered_by_tls_at_a_server_that_is_gone(pair: Pair) -> None:
    name = pair.jobs[0].create("counting.py", hyperparameters={"lines": 4000, "seconds": 600})
    pair.jobs[0].wait(name, until=("Training",))
    gone = pair.owner(name)
    before = pair.servers[gone].facts
    # It knows its certificate, and trusts no other one.
    client = pair.servers[gone].session(root=True, url=before["tls_url"])
    elsewhere = client("sagemaker", verify=before["certificate"])

    log = pair.servers[1 - gone].home / "server.log"
    listens = f"and at {before['tls_url']}"
    earlier = log.read_text().count(listens)
    pair.servers[gone].kill()
    wait_for(lambda: log.read_text().count(listens) > earlier, "the other one to listen")
    assert elsewhere.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"

    pair.servers[gone].start()
    assert pair.servers[gone].facts["tls_url"] == before["tls_url"]
    elsewhere.stop_training_job(TrainingJobName=name)
    assert pair.jobs[gone].wait(name, timeout_s=240)["TrainingJobStatus"] == "Stopped"


def test_what_one_server_writes_the_other_reads(pair: Pair) -> None:
    one, two = pair.jobs
    one.upload("large", CONTENT)
    name = two.create("counting.py", hyperparameters={"lines": 4000, "seconds": 600})
    one.wait(name, until=("Training",))

    assert two.clients("s3").get_object(Bucket="journeys", Key="large")["Body"].read() == CONTENT
    one.clients("sagemaker").stop_training_job(TrainingJobName=name)
    assert two.wait(name, timeout_s=240)["TrainingJobStatus"] == "Stopped"
