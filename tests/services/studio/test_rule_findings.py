"""What rules have said: from their files, or while they run from their logs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clary.domain.errors import Denied, NotFound
from clary.services.s3.bucket import create_bucket
from clary.services.studio import rule_findings
from clary.services.studio.rule_findings import get_rule_findings
from clary.store.blobs import BlobStore
from clary.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clary.services.context import Context

GROUP = "/aws/sagemaker/ProcessingJobs"
KEY = "out/job/rule-output/Loss/findings.jsonl"


@pytest.fixture
def job(ctx: Context, tmp_path: Path) -> Iterator[Context]:
    """The context of a server with a job that has one rule, which has found something at step 3."""
    database = Database.at(tmp_path / "rules.db")
    blobs = BlobStore(tmp_path / "blobs", database)
    ctx = replace(ctx, blobs=blobs)
    create_bucket(ctx, {"Bucket": "bucket"})
    ctx.records.insert(
        "training-job",
        "job",
        {
            "TrainingJobName": "job",
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
            "DebugRuleConfigurations": [
                {"RuleConfigurationName": "Loss", "RuleParameters": {"rule_to_invoke": "LossNotDecreasing"}}
            ],
            "DebugRuleEvaluationStatuses": [
                {"RuleConfigurationName": "Loss", "RuleEvaluationStatus": "IssuesFound"}
            ],
        },
    )
    ctx.records.insert(
        "rule-evaluation",
        "job",
        {
            "Rules": {
                "Loss": {"LogStream": "job-Loss", "Rule": {"Meaning": "It stays.", "Remedy": "Halve it."}}
            }
        },
    )
    ctx.logs.create_group(GROUP, ctx.now())
    ctx.logs.create_stream(GROUP, "job-Loss", ctx.now())
    said = ["Evaluating the rule LossNotDecreasing", "step 3, loss: it was 2: and is 3", "step 4: no better"]
    ctx.logs.append(GROUP, "job-Loss", [(1, text) for text in said], ctx.now())
    yield ctx
    blobs.close()
    database.close()


def test_while_a_rule_runs_its_log_tells(job: Context) -> None:
    (rule,) = get_rule_findings(job, {"TrainingJobName": "job"})["Rules"]

    assert (rule["Status"], rule["Meaning"], rule["Remedy"]) == ("IssuesFound", "It stays.", "Halve it.")
    assert rule["Count"] is None
    assert rule["Firings"] == [
        {"Step": 3, "Tensor": "loss", "Message": "it was 2: and is 3"},
        {"Step": 4, "Tensor": "", "Message": "no better"},
    ]


def test_at_its_end_its_file_tells_all(job: Context) -> None:
    good = {"Kind": "Finding", "RuleConfigurationName": "Loss", "Tensor": "w", "Message": "zero"}
    lines = [json.dumps({**good, "Step": step}) for step in range(3)]
    hostile = ["[" * 100_000, '{"Kind": "Finding", "Step": "x"}', "\x00", json.dumps({**good, "Step": 2**70})]
    put(job, "\n".join([*lines, *hostile]) + "\n")

    (rule,) = get_rule_findings(job, {"TrainingJobName": "job", "Most": 2})["Rules"]

    assert rule["Count"] == 3
    assert [firing["Step"] for firing in rule["Firings"]] == [0, 1]


def test_of_a_long_file_the_beginning_is_read(job: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    line = '{"Kind":"Finding","RuleConfigurationName":"Loss","Step":1,"Tensor":"","Message":"m"}\n'
    put(job, line * 10)
    monkeypatch.setattr(rule_findings, "MOST_BYTES", 2 * len(line) + 5)

    (rule,) = get_rule_findings(job, {"TrainingJobName": "job"})["Rules"]

    assert (len(rule["Firings"]), rule["Count"]) == (2, None)


def test_the_job_has_to_be_there_and_allowed(job: Context) -> None:
    with pytest.raises(NotFound):
        get_rule_findings(job, {"TrainingJobName": "other"})
    with pytest.raises(Denied, match="sagemaker:DescribeTrainingJob"):
        get_rule_findings(replace(job, may=lambda action, resource: False), {"TrainingJobName": "job"})


def put(job: Context, text: str) -> None:
    writer = job.blobs.stage()
    writer.write(text.encode())
    job.blobs.objects.put("bucket", KEY, writer.finish(), attributes={}, modified_at=0.0)
