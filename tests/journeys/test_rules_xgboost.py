"""Rules beside boosted trees: their statuses on the wire, and the content of the report."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs
from tests.journeys.server import Clients

FIRST_BUILD_S = 900.0
LAST_SAVED = 15


@pytest.fixture(scope="module")
def judged(v2: Client) -> dict[str, Any]:
    """What the sagemaker SDK saw of the job and its rules."""
    seen: dict[str, Any] = v2.run("rules_xgboost.py", timeout_s=FIRST_BUILD_S)
    return seen


@pytest.fixture(scope="module")
def truth(judged: dict[str, Any], jobs: Jobs) -> dict[str, Any]:
    """What the script itself measured."""
    lines = jobs.log(judged["job"]["TrainingJobName"])
    found: dict[str, Any] = next(json.loads(line[6:]) for line in lines if line.startswith("truth "))
    return found


@pytest.fixture(scope="module")
def report(judged: dict[str, Any], clients: Clients) -> dict[str, str]:
    """Returns the texts of the report by section; ``summary`` is the text before the sections."""
    job = judged["job"]
    bucket, _, folder = job["OutputDataConfig"]["S3OutputPath"].removeprefix("s3://").partition("/")
    key = f"{folder.rstrip('/')}/{job['TrainingJobName']}/rule-output/CreateXgboostReport/xgboost_report.html"
    html = clients("s3").get_object(Bucket=bucket, Key=key.lstrip("/"))["Body"].read().decode()
    summary, *sections = re.split(r'<section id="', re.sub(r"<script>.*?</script>", "", html))
    found = {section.partition('"')[0]: _text(section.partition(">")[2]) for section in sections}
    return {"summary": _text(summary), **found}


def test_the_job_completes(judged: dict[str, Any]) -> None:
    assert judged["job"]["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ("CreateXgboostReport", "NoIssuesFound"),
        ("TreeDepth", "IssuesFound"),
        ("FeatureImportanceOverweight", "NoIssuesFound"),
        ("ThreeOfSeven", "IssuesFound"),
        ("LossNotDecreasing", "NoIssuesFound"),
        ("ExplodingTensor", "NoIssuesFound"),
    ],
)
def test_each_rule_has_its_verdict(rule: str, status: str, judged: dict[str, Any]) -> None:
    assert judged["rules"][rule]["RuleEvaluationStatus"] == status


def test_what_fired_says_how_the_trees_are(judged: dict[str, Any], truth: dict[str, Any]) -> None:
    deep, three = (judged["rules"][rule]["StatusDetails"] for rule in ("TreeDepth", "ThreeOfSeven"))

    assert f"the tree is {truth['depth']} levels deep, more than 2" in deep
    assert list(truth["first_tree"].values()) == [1.0] * 7
    assert "hold 43% of the importance, more than 40%" in three


def test_the_report_tells_the_hyperparameters(report: dict[str, str]) -> None:
    told = report["hyperparameters"].split()

    assert told[told.index("objective") + 1] == "binary:logistic"
    assert told[told.index("max_depth") + 1] == "3"


def test_the_report_names_the_best_round(report: dict[str, str], truth: dict[str, Any]) -> None:
    saved = truth["validation"][::5]
    assert min(saved) == saved[-1]

    assert f"The best validation-logloss was {min(saved):.5g} in round {LAST_SAVED}" in report["summary"]
    assert "more rounds may still help" in report["summary"]


def test_the_report_counts_the_labels_of_the_validation_data(
    report: dict[str, str], truth: dict[str, Any]
) -> None:
    malignant, benign = truth["labels"]

    assert re.search(rf"class 0\D+{malignant}\b", report["labels"])
    assert re.search(rf"class 1\D+{benign}\b", report["labels"])


def test_the_reports_confusion_matrix_and_scores_are_those_of_the_model(
    report: dict[str, str], truth: dict[str, Any]
) -> None:
    last = report["confusion"].partition(f"Round {LAST_SAVED} ")[2]
    cells = [[int(n) for n in re.findall(rf"label {label}, prediction .: (\d+)", last)] for label in (0, 1)]
    malignant = truth["confusion"][0][0] / (truth["confusion"][0][0] + truth["confusion"][1][0])
    benign = truth["confusion"][1][1] / truth["labels"][1]

    assert cells == truth["confusion"]
    assert f"class 0 {malignant:.4g} 1 " in report["scores"]  # precision, recall: all of them were found
    assert f"class 1 1 {benign:.4g} " in report["scores"]
    assert f"AUC {truth['auc']:.4f}" in report["roc"]


def test_the_report_puts_the_strongest_feature_first(report: dict[str, str], truth: dict[str, Any]) -> None:
    by_weight = report["features"].partition("by weight")[2]

    assert re.search(r"f\d+", by_weight)[0] == truth["strongest"]


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
