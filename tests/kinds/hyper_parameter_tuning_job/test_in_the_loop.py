"""Tuning jobs in the real loop: their training jobs run on hosts that end when the test says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.hyper_parameter_tuning_job.made import JOB, KIND_NAME, request
from tests.kinds.test_made_up_tuner import OWNER, Machine
from tests.runner.test_loop import NOW, backend, ctx, run_until

from clary.compute.capacity import Size
from clary.compute.machine_capacity import MachineCapacity
from clary.domain.hosts import HostReport, Outcome
from clary.kinds.catalogue import all_kinds
from clary.kinds.hyper_parameter_tuning_job import state
from clary.kinds.records import create_record, stop_record
from clary.runner.context import RunnerContext
from clary.store.links import LinkKind

__all__ = ["ctx"]

NAME = "Digits"


@pytest.fixture
def tuned(ctx: RunnerContext) -> RunnerContext:
    return replace(ctx, machines=Machine(), capacity=MachineCapacity(Size(64, 64 << 30), 1.0))


def create(ctx: RunnerContext, **changes: Any) -> None:
    create_record(ctx.stores_of(OWNER), all_kinds()[KIND_NAME], request(**changes))


def tuner(ctx: RunnerContext) -> dict[str, Any]:
    return ctx.records.get(KIND_NAME, NAME)


def status(ctx: RunnerContext) -> str:
    return str(tuner(ctx)["HyperParameterTuningJobStatus"])


def finish_jobs(ctx: RunnerContext) -> None:
    """Every host that was started and written down logs its objective and ends well."""
    report = HostReport((("Done", NOW),), Outcome.SUCCEEDED).to_document()
    for name in ctx.records.names(JOB, statuses=("InProgress",)):
        job = ctx.records.get(JOB, name)
        for handle in job.get("_Hosts", {}).values():
            if backend(ctx).running.pop(handle, None) is not None:
                value = float(job["HyperParameters"]["rate"])
                ctx.metrics.append(job["TrainingJobArn"], [("loss", NOW, None, value)])
                ctx.records.update(JOB, name, {"_Reports": {"algo-1": report}})


def over(ctx: RunnerContext) -> bool:
    finish_jobs(ctx)
    return status(ctx) in ("Completed", "Failed", "Stopped")


@pytest.mark.parametrize("strategy", ["Bayesian", "Random"])
def test_its_trials_run_and_the_best_is_found(tuned: RunnerContext, strategy: str) -> None:
    create(tuned, Strategy=strategy, Tags=[{"Key": "team", "Value": "a"}])

    run_until(tuned, lambda: over(tuned))

    record = tuner(tuned)
    assert record["HyperParameterTuningJobStatus"] == "Completed"
    jobs = [tuned.records.get(JOB, name) for name in tuned.records.names(JOB)]
    assert [job["TrainingJobName"] for job in jobs] == [t["TrainingJobName"] for t in record["_Trials"]]
    assert {(job["TrainingJobStatus"], job["_Owner"]) for job in jobs} == {("Completed", OWNER)}
    best = min(jobs, key=lambda job: float(job["HyperParameters"]["rate"]))
    assert record["BestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    assert tuned.tags.get(jobs[0]["TrainingJobArn"]) == {"team": "a"}


def test_hyperband_sees_the_curves_of_running_trials(tuned: RunnerContext) -> None:
    limits = {"MaxParallelTrainingJobs": 4, "MaxNumberOfTrainingJobs": 4}
    create(tuned, Strategy="Hyperband", ResourceLimits=limits)
    run_until(tuned, lambda: len(backend(tuned).running) == 4)
    for offset, name in enumerate(tuned.records.names(JOB)):
        arn = tuned.records.get(JOB, name)["TrainingJobArn"]
        tuned.metrics.append(arn, [("loss", NOW, None, float(offset))])

    run_until(tuned, lambda: len(backend(tuned).running) == 2)

    stopped = [trial.get("_Stopped", False) for trial in tuner(tuned)["_Trials"]]
    assert stopped == [False, False, True, True], "of four, the best two go on"


def test_its_stop_stops_its_training_jobs(tuned: RunnerContext) -> None:
    create(tuned)
    run_until(tuned, lambda: len(backend(tuned).running) == 2)

    stop_record(tuned.stores_of(OWNER), all_kinds()[KIND_NAME], NAME)
    run_until(tuned, lambda: status(tuned) == "Stopped")

    assert backend(tuned).running == {}
    assert len(tuned.records.names(JOB)) == 2


def test_a_training_job_and_its_entry_are_one_transaction(
    tuned: RunnerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is killed between the two would make the job a second time, or never."""
    create(tuned)
    apply, failed = tuned.records.apply, []

    def fails_once(lease: Any, *arguments: Any, **members: Any) -> Any:
        if lease.kind == KIND_NAME and not failed and tuned.records.names(JOB):
            failed.append(tuned.records.names(JOB))
            raise OSError("killed")
        return apply(lease, *arguments, **members)

    monkeypatch.setattr(tuned.records, "apply", fails_once)
    run_until(tuned, lambda: over(tuned))

    assert len(failed[0]) == 2
    assert tuned.records.names(JOB) == [trial["TrainingJobName"] for trial in tuner(tuned)["_Trials"]]
    assert tuned.records.names(JOB)[:2] == failed[0]


def test_a_search_that_fails_ends_it_with_a_reason(
    tuned: RunnerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise ValueError("no idea")

    monkeypatch.setattr(state, "suggest", fails)
    create(tuned)

    run_until(tuned, lambda: status(tuned) == "Failed")

    assert "InternalServerError: trials from 0 on: ValueError('no idea')" in tuner(tuned)["FailureReason"]


def test_trials_whose_experiment_was_deleted_still_run(tuned: RunnerContext) -> None:
    create(tuned)
    name = "Digits-aws-tuning-job"
    tuned.links.remove(LinkKind.TRIAL, name, name)
    tuned.records.delete("experiment-trial", name)
    tuned.records.delete("experiment", name)

    run_until(tuned, lambda: over(tuned))

    assert status(tuned) == "Completed"
