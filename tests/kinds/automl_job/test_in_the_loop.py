"""Autopilot jobs in the real loop: their jobs run on hosts that end when the test says so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.automl_job.made import (
    ENSEMBLE,
    KIND_NAME,
    NAME,
    PROCESSING,
    SEARCH,
    TRAINING,
    TUNING,
    request,
)
from tests.kinds.test_made_up_tuner import OWNER
from tests.runner.test_loop import NOW, backend, ctx, run_until
from tests.server.test_one_transaction import AnyMachine

from clary.compute.capacity import Size
from clary.compute.machine_capacity import MachineCapacity
from clary.domain.hosts import HostReport, Outcome
from clary.kinds.automl_job.answered import answered, candidates_of
from clary.kinds.catalogue import all_kinds
from clary.kinds.records import create_record, stop_record
from clary.runner.context import RunnerContext

__all__ = ["ctx"]

Document = dict[str, Any]
MODEL = {"ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/out/model.tar.gz"}}
ENDED = ("Completed", "Failed", "Stopped")


def plan_of(plan: Document) -> Any:
    return lambda uri, most_bytes: json.dumps(plan).encode() if uri.endswith("/plan.json") else None


@pytest.fixture
def flown(ctx: RunnerContext) -> RunnerContext:
    capacity = MachineCapacity(Size(64, 64 << 30), 1.0)
    return replace(ctx, machines=AnyMachine(), capacity=capacity, read_object=plan_of(ENSEMBLE))


def create(ctx: RunnerContext, **changes: Any) -> None:
    create_record(ctx.stores_of(OWNER), all_kinds()[KIND_NAME], request(**changes))


def job(ctx: RunnerContext) -> Document:
    return ctx.records.get(KIND_NAME, NAME)


def finish_jobs(ctx: RunnerContext) -> None:
    """Every host that was started and written down logs its metric and ends well."""
    report = HostReport((("Done", NOW),), Outcome.SUCCEEDED).to_document()
    for kind in (PROCESSING, TRAINING):
        for name in ctx.records.names(kind, statuses=("InProgress",)):
            record = ctx.records.get(kind, name)
            for handle in record.get("_Hosts", {}).values():
                if backend(ctx).running.pop(handle, None) is None:
                    continue
                changes: Document = {"_Reports": {"algo-1": report}}
                if kind == TRAINING:
                    given = record["HyperParameters"]
                    value = float(given.get("family") or given.get("eta") or 0)
                    for metric in ("validation:f1", "validation:mse"):
                        ctx.metrics.append(record["TrainingJobArn"], [(metric, NOW, None, value)])
                    changes |= MODEL
                ctx.records.update(kind, name, changes)


def over(ctx: RunnerContext) -> bool:
    finish_jobs(ctx)
    return job(ctx)["AutoMLJobStatus"] in ENDED


def test_an_ensemble_runs_to_its_best_candidate(flown: RunnerContext) -> None:
    create(flown, Tags=[{"Key": "team", "Value": "a"}])

    run_until(flown, lambda: over(flown))

    record = job(flown)
    assert record["AutoMLJobStatus"] == record["AutoMLJobSecondaryStatus"] == "Completed"
    trainings = [flown.records.get(TRAINING, name) for name in flown.records.names(TRAINING)]
    assert [each["HyperParameters"]["family"] for each in trainings] == list("012345")
    assert {(each["_Owner"], each["AutoMLJobArn"]) for each in trainings} == {(OWNER, record["AutoMLJobArn"])}
    assert flown.tags.get(trainings[0]["TrainingJobArn"]) == {"team": "a"}
    assert answered(record)["BestCandidate"]["CandidateName"] == trainings[5]["TrainingJobName"]
    assert len(flown.records.names(PROCESSING)) == 3, "the analysis and two reports"


def test_a_search_makes_its_candidates_in_a_tuning_job(flown: RunnerContext) -> None:
    flown = replace(flown, read_object=plan_of(SEARCH))
    create(flown, AutoMLJobConfig__CompletionCriteria={"MaxCandidates": 4})

    run_until(flown, lambda: over(flown))

    record = job(flown)
    assert record["AutoMLJobStatus"] == "Completed"
    [tuner] = flown.records.names(TUNING)
    candidates = candidates_of(record)
    assert [each["CandidateName"].startswith(tuner) for each in candidates] == [True] * 4
    best = min(candidates, key=lambda each: each["FinalAutoMLJobObjectiveMetric"]["Value"])
    assert answered(record)["BestCandidate"] == best
    trained = flown.records.get(TRAINING, best["CandidateName"])
    assert trained["AutoMLJobArn"] == record["AutoMLJobArn"]
    assert trained["ExperimentConfig"]["ExperimentName"] == f"{NAME}-aws-auto-ml-job"
    assert flown.records.find("experiment", f"{tuner}-aws-tuning-job") is None


def test_the_best_is_served_by_an_endpoint(flown: RunnerContext) -> None:
    create(flown, ModelDeployConfig={"EndpointName": "flowers"})

    run_until(flown, lambda: not over(flown) and flown.records.find("endpoint", "flowers") is not None)

    record = job(flown)
    assert record["AutoMLJobSecondaryStatus"] == "DeployingModel"
    [model] = [flown.records.get("model", name) for name in flown.records.names("model")]
    assert model["_Containers"] == answered(record)["BestCandidate"]["InferenceContainers"]
    [config] = flown.records.names("endpoint-config")
    assert flown.records.get("endpoint", "flowers")["EndpointConfigName"] == config


def test_an_endpoint_whose_name_was_taken_meanwhile_is_told(flown: RunnerContext) -> None:
    create(flown, ModelDeployConfig={"EndpointName": "flowers"})
    taken = {"EndpointName": "flowers", "EndpointStatus": "InService", "CreationTime": NOW}
    flown.records.insert("endpoint", "flowers", taken, arn="arn:flowers", status="InService")

    run_until(flown, lambda: over(flown))

    record = job(flown)
    assert record["AutoMLJobStatus"] == "Completed"
    assert record["AutoMLJobSecondaryStatus"] == "ModelDeploymentError"
    assert "with this name already exists" in record["PartialFailureReasons"][0]["PartialFailureMessage"]
    assert flown.records.names("model") == [], "they are made together, or not at all"


def test_its_stop_stops_its_jobs(flown: RunnerContext) -> None:
    create(flown)
    run_until(flown, lambda: finish_analysis(flown) and len(backend(flown).running) == 4)

    stop_record(flown.stores_of(OWNER), all_kinds()[KIND_NAME], NAME)
    run_until(flown, lambda: job(flown)["AutoMLJobStatus"] == "Stopped")

    assert backend(flown).running == {}
    assert len(flown.records.names(TRAINING)) == 4


def finish_analysis(ctx: RunnerContext) -> bool:
    if not ctx.records.names(TRAINING):
        finish_jobs(ctx)
    return bool(ctx.records.names(TRAINING))


@pytest.mark.parametrize(("plan", "trained"), [(ENSEMBLE, 6), (SEARCH, 2 + 4)], ids=["ensemble", "search"])
def test_a_server_killed_at_each_of_its_writes_neither_loses_nor_doubles_a_job(
    flown: RunnerContext, monkeypatch: pytest.MonkeyPatch, plan: Document, trained: int
) -> None:
    """Each write of the Autopilot job, and of its tuning job, fails once when all is prepared."""
    flown = replace(flown, read_object=plan_of(plan))
    create(flown, AutoMLJobConfig__CompletionCriteria={"MaxCandidates": 4 if plan is SEARCH else 6})
    apply, cut = flown.records.apply, set[tuple[str, int, str]]()

    def fails_once(lease: Any, *arguments: Any, **members: Any) -> Any:
        book = lease.document.get("_Book", lease.document.get("_Trials", ()))
        at = (lease.kind, len(book), str(sorted(entry.get("Status", "") for entry in book)))
        if lease.kind in (KIND_NAME, TUNING) and at not in cut:
            cut.add(at)
            raise OSError("killed")
        return apply(lease, *arguments, **members)

    monkeypatch.setattr(flown.records, "apply", fails_once)
    run_until(flown, lambda: over(flown))

    record = job(flown)
    assert record["AutoMLJobStatus"] == "Completed"
    assert {size for kind, size, _ in cut if kind == KIND_NAME} >= {0, 1}, "the analysis and what follows it"
    assert {kind for kind, *_ in cut} == ({KIND_NAME} if plan is ENSEMBLE else {KIND_NAME, TUNING})
    booked = [entry["Name"] for entry in record["_Book"]]
    there = [name for kind in (TRAINING, PROCESSING, TUNING) for name in flown.records.names(kind)]
    assert sorted(booked) == sorted(there)
    assert len(flown.records.names(TRAINING)) == trained


def test_a_plan_that_cannot_be_read_ends_it_with_a_reason(flown: RunnerContext) -> None:
    def broken(uri: str, most_bytes: int) -> bytes:
        raise OSError("the disk is gone")

    flown = replace(flown, read_object=broken)
    create(flown)

    run_until(flown, lambda: over(flown))

    assert "InternalServerError: plan: OSError('the disk is gone')" in job(flown)["FailureReason"]
