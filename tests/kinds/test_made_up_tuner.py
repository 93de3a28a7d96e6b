"""A kind that makes training jobs, in the real loop: its jobs run on hosts that end when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.made_up_kinds import made_up_kinds
from tests.runner.test_loop import NOW, backend, ctx, run_until

from clary.domain.errors import BadRequest
from clary.domain.hosts import HostReport, Outcome
from clary.kinds.catalogue import all_kinds
from clary.kinds.records import create_record, stop_record
from clary.runner.context import RunnerContext

__all__ = ["ctx"]

OWNER = "arn:aws:iam::111122223333:user/ann"


class Machine:
    """One image and every cluster."""

    def repository_of(self, image_uri: str) -> str:
        return ""

    def isolates(self, image_uri: str) -> bool:
        return False

    def check_image(self, image_uri: str) -> None:
        if image_uri != "python:3.11":
            raise BadRequest(f"No image here is called {image_uri!r}.")

    def algorithm_metrics(self, image_uri: str) -> tuple[tuple[str, str], ...]:
        return ()

    def check_cluster(self, instance_type: str, instance_count: int) -> None:
        pass


@pytest.fixture
def tuned(ctx: RunnerContext) -> Iterator[RunnerContext]:
    with made_up_kinds():
        yield replace(ctx, machines=Machine())


def create_tuner(ctx: RunnerContext, jobs: int, image: str = "python:3.11") -> None:
    definition = {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::111122223333:role/Worker",
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    request = {"SampleTunerName": "tuner", "JobCount": jobs, "Definition": definition}
    create_record(ctx.stores_of(OWNER), all_kinds()["sample-tuner"], request)


def tuner(ctx: RunnerContext) -> dict[str, Any]:
    return ctx.records.get("sample-tuner", "tuner")


def finish_jobs(ctx: RunnerContext) -> None:
    """Every host that was started and written down ends well."""
    report = HostReport((("Done", NOW),), Outcome.SUCCEEDED).to_document()
    for name in ctx.records.names("training-job", statuses=("InProgress",)):
        hosts = ctx.records.get("training-job", name).get("_Hosts", {})
        for handle in hosts.values():
            if backend(ctx).running.pop(handle, None) is not None:
                ctx.records.update("training-job", name, {"_Reports": {"algo-1": report}})


def test_its_jobs_are_made_as_a_caller_makes_them_and_run(tuned: RunnerContext) -> None:
    create_tuner(tuned, jobs=3)

    def over() -> bool:
        finish_jobs(tuned)
        return bool(tuner(tuned)["SampleTunerStatus"] == "Completed")

    run_until(tuned, over)

    assert tuned.records.names("training-job") == ["tuner-0", "tuner-1", "tuner-2"]
    job = tuned.records.get("training-job", "tuner-1")
    assert (job["TrainingJobStatus"], job["_Owner"]) == ("Completed", OWNER)
    assert job["HyperParameters"] == {"number": "1"}
    assert tuned.tags.get(job["TrainingJobArn"]) == {"tuner": "tuner"}


def test_its_stop_stops_the_job_that_runs_and_makes_no_other(tuned: RunnerContext) -> None:
    create_tuner(tuned, jobs=3)
    run_until(tuned, lambda: bool(backend(tuned).running))

    stop_record(tuned.stores_of(OWNER), all_kinds()["sample-tuner"], "tuner")
    run_until(tuned, lambda: tuner(tuned)["SampleTunerStatus"] == "Stopped")

    assert tuned.records.names("training-job") == ["tuner-0"]
    job = tuned.records.get("training-job", "tuner-0")
    assert job["_StopRequestedBy"] == OWNER
    assert backend(tuned).running == {}


def test_a_job_that_can_not_be_made_is_told_to_the_kind(tuned: RunnerContext) -> None:
    create_tuner(tuned, jobs=3, image="pythn")

    run_until(tuned, lambda: tuner(tuned)["SampleTunerStatus"] == "Failed")

    assert tuner(tuned)["Refused"] == "tuner-0: No image here is called 'pythn'."
    assert (tuner(tuned)["Made"], tuned.records.names("training-job")) == (0, [])


def test_a_job_and_the_note_of_it_are_one_transaction(
    tuned: RunnerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is killed between the two would make the job a second time, or never."""
    create_tuner(tuned, jobs=1)
    apply, failed = tuned.records.apply, []

    def fails_once(lease: Any, *arguments: Any, **members: Any) -> Any:
        if lease.kind == "sample-tuner" and not failed:
            failed.append(tuned.records.names("training-job"))
            raise OSError("killed")
        return apply(lease, *arguments, **members)

    monkeypatch.setattr(tuned.records, "apply", fails_once)
    run_until(tuned, lambda: bool(backend(tuned).running))

    assert failed == [["tuner-0"]]
    assert tuned.records.names("training-job") == ["tuner-0"]
    assert tuner(tuned)["Made"] == 1
