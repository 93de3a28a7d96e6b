"""What every kind promises: those that the catalogue finds, and those that only the tests have."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.kinds.examples import EXAMPLES, MADE_WITH, NAME, add_prerequisites, make_example
from tests.kinds.made_up_kinds import made_up_kinds
from tests.server.test_one_transaction import AnyMachine

from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostSpec
from clary.domain.identity import PrincipalKind
from clary.kinds.catalogue import all_kinds
from clary.kinds.cluster import HostStart
from clary.kinds.hosts import Share
from clary.kinds.job_component import first_members
from clary.kinds.kind import Kind
from clary.kinds.records import create_record, delete_record, find_record, stop_record
from clary.runner.job import Job
from clary.services.access.hosts import host_may
from clary.services.context import Context
from clary.services.sagemaker._listing import list_records
from clary.services.sagemaker.search.search import search
from clary.store.attribute_index.joined import search_jobs
from clary.store.database import Database
from clary.store.schema import metadata

with made_up_kinds():
    KINDS = sorted(all_kinds())


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Iterator[Kind]:
    with made_up_kinds():
        search_jobs(name for name, kind in all_kinds().items() if kind.search_members)
        yield all_kinds()[request.param]


@pytest.fixture(params=[name for name in KINDS if name not in MADE_WITH])
def asked(request: pytest.FixtureRequest) -> Iterator[Kind]:
    """A kind that a caller asks for."""
    with made_up_kinds():
        search_jobs(name for name, kind in all_kinds().items() if kind.search_members)
        yield all_kinds()[request.param]


@pytest.fixture
def ctx(ctx: Context) -> Context:
    ctx = replace(ctx, machines=AnyMachine())
    add_prerequisites(ctx)
    return ctx


def end(ctx: Context, kind: Kind) -> None:
    changes = {kind.status_member: kind.terminal[0]}
    ctx.records.update(kind.record_kind, NAME, changes, status=kind.terminal[0])


def rows(tmp_path: Path) -> dict[str, list[Any]]:
    """Everything that is stored, but the names of paths, which are kept for good."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'clary.db'}")
    with engine.connect() as connection:
        found = {
            table.name: sorted(map(repr, connection.execute(sa.select(table)).all()))
            for table in metadata.sorted_tables
            if table.name != "facet_paths"
        }
    engine.dispose()
    return found


def test_every_kind_has_an_example(kind: Kind) -> None:
    assert MADE_WITH.get(kind.record_kind, kind.record_kind) in EXAMPLES


def test_its_statuses_are_told_apart(kind: Kind) -> None:
    assert kind.unfinished
    assert kind.terminal
    assert not set(kind.unfinished) & set(kind.terminal)
    assert kind.stopping in kind.unfinished or kind.record_kind in MADE_WITH


def test_a_new_record_is_the_callers_and_not_at_its_end(ctx: Context, asked: Kind) -> None:
    record = make_example(ctx, asked.record_kind)

    assert asked.name(record) == NAME
    assert asked.arn(record).endswith(f":{asked.record_kind}/{NAME.lower()}")
    assert ctx.records.find_by_arn(asked.arn(record)) == record
    assert asked.status(record) == asked.unfinished[0]
    assert record["_Owner"] == ctx.caller.arn
    assert record["CreationTime"] == record["LastModifiedTime"] == ctx.now()
    assert "Tags" not in record


def test_a_record_with_hosts_names_the_roles_that_their_agents_ask_for(ctx: Context, asked: Kind) -> None:
    if asked.cluster is None:
        pytest.skip("it has no hosts")

    record = make_example(ctx, asked.record_kind)

    for host in asked.cluster.hosts(record):
        assert asked.cluster.role(record, host.name).startswith("arn:aws:iam::")


def test_a_name_is_used_once(ctx: Context, asked: Kind) -> None:
    make_example(ctx, asked.record_kind)

    with pytest.raises(ResourceInUse, match="with this name already exists"):
        make_example(ctx, asked.record_kind)


def test_a_request_that_is_refused_leaves_nothing(ctx: Context, asked: Kind, tmp_path: Path) -> None:
    before = rows(tmp_path)
    reserved = [{"Key": "aws:mine", "Value": "x"}]

    with pytest.raises(ValidationError):
        make_example(ctx, asked.record_kind, lambda request: {**request, "Tags": reserved})

    assert rows(tmp_path) == before


def test_making_a_record_leaves_the_request_as_it_was(ctx: Context, asked: Kind) -> None:
    request = EXAMPLES[asked.record_kind]
    before = copy.deepcopy(request)

    create_record(ctx, asked, request)

    assert request == before


def test_it_is_listed_and_searched(ctx: Context, asked: Kind) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    make_example(ctx, asked.record_kind, lambda request: {**request, "Tags": tags})

    listed = list_records(ctx, asked.record_kind, {"StatusEquals": asked.unfinished[0]}, answer="Found")

    assert [asked.name(record) for record in listed["Found"]] == [NAME]
    if asked.search_members:
        expression = {"Filters": [{"Name": "Tags.team", "Operator": "Equals", "Value": "a"}]}
        query: Any = {"Resource": asked.noun, "SearchExpression": expression}
        assert [found[asked.noun][asked.name_member] for found in search(ctx, query)["Results"]] == [NAME]


def test_a_stop_is_asked_for_once_and_not_after_the_end(ctx: Context, asked: Kind) -> None:
    make_example(ctx, asked.record_kind)

    stop_record(ctx, asked, NAME)
    record = find_record(ctx, asked, NAME)
    stop_record(ctx, asked, NAME)

    assert asked.status(record) == asked.stopping
    assert (record["_StopRequestedAt"], record["_StopRequestedBy"]) == (ctx.now(), ctx.caller.arn)
    assert find_record(ctx, asked, NAME) == record
    end(ctx, asked)
    with pytest.raises(ValidationError, match="is in status"):
        stop_record(ctx, asked, NAME)


def test_it_is_deleted_once_it_has_ended_and_nothing_is_left(
    ctx: Context, asked: Kind, tmp_path: Path
) -> None:
    before = rows(tmp_path)
    tags = [{"Key": "team", "Value": "a"}]
    make_example(ctx, asked.record_kind, lambda request: {**request, "Tags": tags})
    with pytest.raises(ResourceInUse, match="stop it and wait"):
        delete_record(ctx, asked, NAME)
    end(ctx, asked)

    delete_record(ctx, asked, NAME)

    assert rows(tmp_path) == before
    with pytest.raises(NotFound):
        delete_record(ctx, asked, NAME)
    with pytest.raises(NotFound):
        stop_record(ctx, asked, NAME)


def test_it_answers_all_that_it_was_asked_for(ctx: Context, asked: Kind) -> None:
    record = make_example(ctx, asked.record_kind)
    before = copy.deepcopy(record)

    answered = asked.answered(record)

    assert record == before
    assert EXAMPLES[asked.record_kind].keys() <= answered.keys()


def test_its_component_tells_of_it(ctx: Context, kind: Kind) -> None:
    if kind.component is None:
        pytest.skip("records of this kind are not tracked")

    members = first_members(kind, make_example(ctx, kind.record_kind))

    assert members["Source"]["SourceType"] == f"SageMaker{kind.noun}"
    assert members["Status"]["PrimaryStatus"] == kind.unfinished[0]
    assert all(value.keys() & {"StringValue", "NumberValue"} for value in members["Parameters"].values())


def test_its_hosts_are_told_apart_from_all_others(ctx: Context, kind: Kind) -> None:
    if kind.cluster is None:
        pytest.skip("records of this kind have no hosts")
    record = make_example(ctx, kind.record_kind)
    job = Job(kind, NAME)

    ids = set(job.host_ids(record).values())
    others = set(job.host_ids({**record, "CreationTime": record["CreationTime"] + 1}).values())

    assert len(ids) == len(kind.cluster.hosts(record)) > 0
    assert not ids & others
    prefixes = [other.cluster.id_prefix for other in all_kinds().values() if other.cluster is not None]
    assert len(set(prefixes)) == len(prefixes)
    # A name has letters, digits and dashes: none begins with the prefix of a kind.
    assert not re.fullmatch(r"[A-Za-z0-9-]+", kind.cluster.id_prefix)


def test_its_hosts_are_told_what_to_run_and_may_write_their_logs(ctx: Context, kind: Kind) -> None:
    if kind.cluster is None:
        pytest.skip("records of this kind have no hosts")
    record = make_example(ctx, kind.record_kind)
    cluster = kind.cluster
    hosts = cluster.hosts(record)
    streams = {host.name: cluster.streams(record, NAME, host.name) for host in hosts}
    starts = {
        host.name: HostStart(
            Share(1, 1 << 30, 0),
            EnvironmentSpec("python", "/environments/python") if cluster.image(record, host.name) else None,
            "",
            AgentCredentials("a", "b", "c"),
            streams[host.name][0],
        )
        for host in hosts
    }
    followed = {key: ctx.records.find(*key) for key in kind.follows(record)}

    specs = cluster.specs(record, starts, endpoint=Endpoint("http://127.0.0.1:1", "r", "a"), records=followed)

    assert specs.keys() == starts.keys()
    for name, spec in specs.items():
        again = HostSpec.from_document(json.loads(spec.to_json()), type(spec.workload))
        assert again == spec
        assert (spec.host_name, spec.agent_credentials) == (name, starts[name].credentials)
        agent = cluster.agent(kind.record_kind, NAME, name)
        caller = replace(ctx.caller, kind=PrincipalKind.HOST, name=str(agent))
        asked = {"logGroupName": spec.log_group, "logStreamName": spec.log_stream}
        assert not spec.log_group or host_may(caller, "logs", "PutLogEvents", asked, ctx.records)
        running = all_kinds()[agent.kind]
        assert running.host_is_wanted(ctx.records, ctx.records.get(agent.kind, NAME), agent)


def test_every_table_is_compared(tmp_path: Path) -> None:
    """What ``rows`` compares is what there is."""
    Database.at(tmp_path / "other.db").close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    names = set(sa.inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()

    assert names <= {table.name for table in metadata.sorted_tables}
