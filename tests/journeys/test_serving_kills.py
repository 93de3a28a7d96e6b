"""What serves is killed under load: what failed is counted, and the endpoint serves again."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.journeys.endpoints import (
    LOG_GROUP,
    Endpoints,
    agent_pids,
    nothing_left,
    processes_below,
    until_answered,
)
from tests.journeys.jobs import Jobs
from tests.journeys.load import THREADS, load
from tests.journeys.server import Server, wait_for

pytestmark = pytest.mark.kill


@pytest.fixture
def endpoints(own_jobs: Jobs) -> Endpoints:
    return Endpoints(own_jobs.clients, own_jobs.bucket, own_jobs.role_arn)


@pytest.fixture(autouse=True)
def _left(own: Server, endpoints: Endpoints) -> Iterator[None]:
    with nothing_left(own, endpoints):
        yield


def test_a_killed_serving_process_is_back_and_the_endpoint_stays_in_service(endpoints: Endpoints) -> None:
    name = endpoints.deploy(endpoints.model(2))

    with load(endpoints, name) as seen:
        seen.wait_for_more(2, 20)
        for _ in range(3):
            os.kill(_worker(endpoints, name), signal.SIGKILL)
            seen.wait_for_more(2, 20)

    assert endpoints.describe(name)["EndpointStatus"] == "InService"
    assert len(seen.failures) < sum(seen.answers.values())


def test_a_killed_agent_takes_its_host_down_and_another_takes_its_place(
    own: Server, endpoints: Endpoints
) -> None:
    name = endpoints.deploy(endpoints.model(2))

    with load(endpoints, name) as seen:
        seen.wait_for_more(2, 20)
        [agent] = agent_pids(own, name)
        os.kill(agent, signal.SIGKILL)
        until_answered(endpoints, name)
        seen.wait_for_more(2, 20)

    assert endpoints.describe(name)["EndpointStatus"] == "InService"
    assert agent_pids(own, name) != [agent]


def test_an_endpoint_of_two_instances_serves_on_while_one_of_them_is_killed(
    own: Server, endpoints: Endpoints
) -> None:
    name = endpoints.deploy(endpoints.model(2))
    wish = [{"VariantName": "One", "DesiredInstanceCount": 2}]
    endpoints.clients("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=wish
    )
    endpoints.wait(name)

    with load(endpoints, name) as seen:
        seen.wait_for_more(2, 20)
        os.kill(agent_pids(own, name)[0], signal.SIGKILL)
        seen.wait_for_more(2, 100)

    # Those that were on their way to it, one of each thread; it is not asked again before it is back.
    assert len(seen.failures) <= THREADS, seen.failures


def test_endpoints_go_on_while_the_server_is_killed_and_serve_again_when_it_is_back(
    own: Server, endpoints: Endpoints
) -> None:
    name = endpoints.deploy(endpoints.model(2))
    before = processes_below(own, name)

    with load(endpoints, name) as seen:
        seen.wait_for_more(2, 20)
        own.kill()
        own.start()
        back = datetime.now(UTC)
        until_answered(endpoints, name)
        seen.wait_for_more(2, 20)
        # Only a model that is asked uses CPU: while it waits, its samples are 0.
        wait_for(
            lambda: _has_metric(endpoints, name, "CPUUtilization", back),
            "the utilization of its instance",
            timeout_s=240.0,
            every_s=0.5,
        )

    assert processes_below(own, name) == before, "its hosts are those from before"
    assert endpoints.describe(name)["EndpointStatus"] == "InService"
    assert all("Connect" in failure or "closed" in failure.lower() for failure in seen.failures), (
        seen.failures
    )


def test_a_server_that_is_killed_while_an_endpoint_is_deleted_ends_its_hosts_when_it_is_back(
    own: Server, endpoints: Endpoints
) -> None:
    name = endpoints.deploy(endpoints.model(2))

    endpoints.clients("sagemaker").delete_endpoint(EndpointName=name)
    own.kill()
    own.start()

    # ``nothing_left`` waits for the end of hosts and processes.
    wait_for(lambda: not endpoints.exists(name), f"{name} to be gone")


def test_each_asynchronous_request_has_one_answer_when_the_server_is_killed_in_the_middle(
    own: Server, endpoints: Endpoints
) -> None:
    s3, runtime = endpoints.clients("s3"), endpoints.clients("sagemaker-runtime")
    s3.put_bucket_versioning(Bucket=endpoints.bucket, VersioningConfiguration={"Status": "Enabled"})
    output = {
        "S3OutputPath": f"s3://{endpoints.bucket}/answers/right",
        "S3FailurePath": f"s3://{endpoints.bucket}/answers/wrong",
    }
    config = {"OutputConfig": output, "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 2}}
    name = endpoints.deploy(endpoints.model(2), AsyncInferenceConfig=config)

    def answers() -> list[str]:
        listed = s3.list_object_versions(Bucket=endpoints.bucket, Prefix="answers/")
        return sorted(each["Key"] for each in listed.get("Versions", ()))

    expected = {}
    for number in range(12):
        wrong = {"fail": "this"} if number % 3 == 0 else {}
        asked = runtime.invoke_endpoint_async(
            EndpointName=name,
            ContentType="application/json",
            Body=json.dumps({"value": number, "wait_s": 0.2, **wrong}).encode(),
        )
        place = asked["FailureLocation" if wrong else "OutputLocation"]
        expected[place.removeprefix(f"s3://{endpoints.bucket}/")] = None if wrong else 2 * number

    wait_for(lambda: len(answers()) >= 2, "the first answers")
    own.kill()
    own.start()
    wait_for(lambda: len(answers()) >= len(expected), "all answers")
    # What is still being answered, a second time maybe, ends before the endpoint does.
    endpoints.delete(name)

    assert answers() == sorted(expected), "every request has one answer, and no object has two versions"
    for key, value in expected.items():
        told = json.loads(s3.get_object(Bucket=endpoints.bucket, Key=key)["Body"].read())
        assert "no answer to this" in told if value is None else told["answer"] == value


def _has_metric(endpoints: Endpoints, name: str, metric: str, since: datetime) -> bool:
    """Whether a metric of an endpoint's instances has had a value above 0 since then."""
    variant = {"EndpointName": name, "VariantName": "One"}
    [found] = endpoints.clients("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "used",
                "MetricStat": {
                    "Metric": {
                        "Namespace": LOG_GROUP,
                        "MetricName": metric,
                        "Dimensions": [{"Name": key, "Value": value} for key, value in variant.items()],
                    },
                    "Period": 1,
                    "Stat": "Maximum",
                    "Unit": "Percent",
                },
            }
        ],
        StartTime=since,
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
    )["MetricDataResults"]
    return any(value > 0 for value in found["Values"])


def _worker(endpoints: Endpoints, name: str) -> int:
    """The process that answers, by its number outside the sandbox."""
    inside = endpoints.ask(name)["pid"]
    for pid in _processes():
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                numbers = next(line for line in file if line.startswith("NSpid:")).split()[1:]
        except (OSError, StopIteration):
            continue
        if len(numbers) > 1 and int(numbers[-1]) == inside and _is_of(pid, name):
            return pid
    raise AssertionError(f"no process of {name} has the number {inside}")


def _processes() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _is_of(pid: int, name: str) -> bool:
    try:
        with open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="replace") as file:
            return f"/hosts/endpoint.{name}" in file.read()
    except OSError:
        return False
