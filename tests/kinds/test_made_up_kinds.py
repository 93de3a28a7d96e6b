"""Kinds that only the tests have, on a whole server: nothing else of the platform knows them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.kinds.made_up_kinds import made_up_kinds
from tests.server.conftest import Served, serving

from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.domain.identity import Caller, PrincipalKind
from clary.kinds.catalogue import all_kinds
from clary.kinds.kind import Kind
from clary.kinds.records import create_record, delete_record, find_record, stop_record
from clary.server.request_context import context_of
from clary.services.access.facts import RequestFacts
from clary.services.context import Context
from clary.services.sagemaker._listing import list_records
from clary.services.sagemaker.search.search import search
from clary.store.links import LinkKind

PATIENCE_S = 60.0
COMPONENT = "experiment-trial-component"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with made_up_kinds(), serving(tmp_path / "home", tmp_path / "environments") as served:
        yield served
        # An agent outlives the server, and would wait for the next one to send its report.
        ctx = context(served)
        for kind in all_kinds().values():
            for name in ctx.records.names(kind.record_kind, statuses=kind.unfinished):
                stop_record(ctx, kind, name)
        wait_for(lambda: not folders(served, ""), "all hosts to end")


@pytest.fixture
def ctx(served: Served) -> Context:
    return context(served)


def context(served: Served) -> Context:
    """Of a request of the account itself."""
    account = served.platform.settings.account
    arn = f"arn:aws:iam::{account}:root"
    caller = Caller(PrincipalKind.ROOT, account, arn, "root", served.keys.access_key, account)
    return context_of(served.platform, caller, RequestFacts("127.0.0.1"))


def kind_of(record_kind: str) -> Kind:
    return all_kinds()[record_kind]


def wait_for(reached: Callable[[], Any], what: str) -> Any:
    """What ``reached`` answers, once that is true."""
    until = time.monotonic() + PATIENCE_S
    while not (found := reached()):
        assert time.monotonic() < until, f"waited for {what}"
        time.sleep(0.05)
    return found


def create(ctx: Context, kind: str, name: str, script: str, **members: Any) -> str:
    noun = kind_of(kind).noun
    request = {
        f"{noun}Name": name,
        "Command": ["sh", "-c", script],
        "RoleArn": f"arn:aws:iam::{ctx.account}:role/ClaryExecutionRole",
        "Tags": [{"Key": "team", "Value": "a"}],
        **members,
    }
    return create_record(ctx, kind_of(kind), request)


def status(ctx: Context, kind: str, name: str) -> str:
    return kind_of(kind).status(find_record(ctx, kind_of(kind), name))


def folders(served: Served, prefix: str) -> list[Path]:
    return sorted(served.platform.state.hosts.glob(f"{prefix}*"))


def test_a_job_is_made_runs_and_ends(served: Served, ctx: Context) -> None:
    arn = create(ctx, "sample-job", "hello", "echo said by $0", HostCount=2)

    wait_for(lambda: status(ctx, "sample-job", "hello") == "Done", "its end")

    assert arn.endswith(":sample-job/hello")
    streams = ctx.logs.streams("/clary/SampleJobs", prefix="hello/", limit=10)
    assert len(streams) == 2
    for stream in streams:
        lines = [event.message for event in ctx.logs.read("/clary/SampleJobs", stream.name)]
        assert "said by sh" in lines
    wait_for(lambda: not folders(served, "sample."), "nothing to be left of its hosts")


def test_a_job_is_listed_searched_tracked_and_deleted_with_nothing_left(ctx: Context) -> None:
    arn = create(ctx, "sample-job", "hello", "true")
    wait_for(lambda: status(ctx, "sample-job", "hello") == "Done", "its end")
    kind = kind_of("sample-job")

    listed = list_records(ctx, "sample-job", {"NameContains": "hel"}, answer="Jobs")["Jobs"]
    expression = {"Filters": [{"Name": "Tags.team", "Operator": "Equals", "Value": "a"}]}
    found = search(ctx, {"Resource": "SampleJob", "SearchExpression": expression})["Results"]  # type: ignore[typeddict-item]
    component = wait_for(
        lambda: (
            ctx.records.get(COMPONENT, "hello-aws-sample-job")["Status"]["PrimaryStatus"] == "Done"
            and ctx.records.get(COMPONENT, "hello-aws-sample-job")
        ),
        "its component",
    )
    wait_for(lambda: ctx.links.all(LinkKind.TRACKED)[0].label == "Done", "the note of its component")
    delete_record(ctx, kind, "hello")

    assert [job["SampleJobStatus"] for job in listed] == ["Done"]
    assert [hit["SampleJob"]["SampleJobName"] for hit in found] == ["hello"]
    assert component["Source"] == {"SourceArn": arn, "SourceType": "SageMakerSampleJob"}
    assert component["Parameters"]["command"] == {"StringValue": "sh -c true"}
    with pytest.raises(NotFound, match="no sample job hello"):
        find_record(ctx, kind, "hello")
    assert (ctx.tags.get(arn), ctx.links.all(LinkKind.TRACKED)) == ({}, [])


def test_a_job_is_stopped(served: Served, ctx: Context) -> None:
    create(ctx, "sample-job", "long", "sleep 1000")
    wait_for(lambda: status(ctx, "sample-job", "long") == "Running", "its start")

    with pytest.raises(ResourceInUse):
        delete_record(ctx, kind_of("sample-job"), "long")
    stop_record(ctx, kind_of("sample-job"), "long")

    wait_for(lambda: status(ctx, "sample-job", "long") == "Ended", "its end")
    wait_for(lambda: not folders(served, "sample."), "nothing to be left of its host")


def test_a_job_that_fails_says_why(ctx: Context) -> None:
    create(ctx, "sample-job", "fails", "exit 3")

    wait_for(lambda: status(ctx, "sample-job", "fails") == "Broken", "its end")

    assert "exit code: 3" in find_record(ctx, kind_of("sample-job"), "fails")["Said"]


def test_a_request_is_checked_and_a_name_is_used_once(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="Command is required"):
        create_record(ctx, kind_of("sample-job"), {"SampleJobName": "a"})
    create(ctx, "sample-job", "a", "true")

    with pytest.raises(ResourceInUse, match="a sample job with this name already exists"):
        create(ctx, "sample-job", "a", "true")


def agent(served: Served, host: str) -> int:
    """The process id of the agent of a host of the app, once it runs."""

    def running() -> int:
        for folder in folders(served, "app."):
            if folder.name.endswith(f"-{host}") and (folder / "agent.pid").exists():
                text = (folder / "agent.pid").read_text()
                return int(text) if text else 0
        return 0

    return int(wait_for(running, f"the agent of {host}"))


def test_hosts_that_stay_come_back_and_follow_their_number(served: Served, ctx: Context) -> None:
    def hosts() -> set[str]:
        return set(ctx.records.get("sample-app", "app").get("_Hosts", {}))

    create(ctx, "sample-app", "app", "sleep 1000")
    wait_for(lambda: status(ctx, "sample-app", "app") == "InService", "its host")

    killed = agent(served, "algo-1")
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: status(ctx, "sample-app", "app") == "Pending", "the loss to be seen")
    wait_for(lambda: status(ctx, "sample-app", "app") == "InService", "the host to be back")
    assert agent(served, "algo-1") != killed

    stays = agent(served, "algo-1")
    ctx.records.update("sample-app", "app", {"HostCount": 2})
    wait_for(lambda: hosts() == {"algo-1", "algo-2"}, "a second host")
    wait_for(lambda: status(ctx, "sample-app", "app") == "InService", "both hosts")
    ctx.records.update("sample-app", "app", {"HostCount": 1})
    wait_for(lambda: hosts() == {"algo-1"}, "the second host to be let go")
    assert agent(served, "algo-1") == stays

    stop_record(ctx, kind_of("sample-app"), "app")
    wait_for(lambda: status(ctx, "sample-app", "app") == "Deleted", "its end")
    wait_for(lambda: not folders(served, "app."), "nothing to be left of its hosts")


def test_hosts_that_stay_go_on_while_no_server_runs(tmp_path: Path) -> None:
    with made_up_kinds():
        with serving(tmp_path / "home", tmp_path / "environments") as first:
            ctx = context(first)
            create(ctx, "sample-app", "app", "sleep 1000")
            wait_for(lambda: status(ctx, "sample-app", "app") == "InService", "its host")
            before = agent(first, "algo-1")
            # The agent knows the server by its port.
            first.platform.state.remember_server(port=first.port)
        with serving(tmp_path / "home", tmp_path / "environments") as second:
            ctx = context(second)
            ctx.records.update("sample-app", "app", {"HostCount": 2})
            wait_for(lambda: len(ctx.records.get("sample-app", "app")["_Hosts"]) == 2, "a second host")
            after = agent(second, "algo-1")
            stop_record(ctx, kind_of("sample-app"), "app")
            wait_for(lambda: status(ctx, "sample-app", "app") == "Deleted", "its end")
            wait_for(lambda: not folders(second, "app."), "nothing to be left of its hosts")

    assert before == after
