from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
from tests.debugger.rules.steps import a_step, written

from clary.debugger.rules import RuleContext
from clary.debugger.rules.report import About
from clary.debugger.rules.tensor.create_xgboost_report import CreateXgboostReport
from clary.debugger.rules.watch import TrialWatch
from clary.debugger.rules.xgboost_page import Rounds, xgboost_page

if TYPE_CHECKING:
    from pathlib import Path

    from clary.debugger.rules import RuleStep

LABELS = np.arange(200) % 2
ABOUT = About("digits<1>", 1795783200.0)


def classification(rounds: int = 12) -> list[RuleStep]:
    random = np.random.default_rng(0)
    noise = random.normal(size=200)
    return [
        a_step(
            5 * i,
            {
                "train-logloss": 1 / (i + 1),
                "validation-logloss": 1 / (i + 1) + 0.02 * i,
                "labels": LABELS,
                "predictions": 1 / (1 + np.exp(-(LABELS - 0.5) * i - noise)),
                "feature_importance/weight/<f0>": 0.7,
                "feature_importance/weight/f1": 0.3,
                "hyperparameters/max_depth": 3.0,
                "hyperparameters/objective": "binary:logistic",
            },
        )
        for i in range(rounds)
    ]


def test_it_never_fires_and_writes_a_page_and_a_notebook(tmp_path: Path) -> None:
    assert written(CreateXgboostReport(), classification(), tmp_path) == []

    assert json.loads((tmp_path / "xgboost_report.ipynb").read_text())["nbformat"] == 4
    html = (tmp_path / "xgboost_report.html").read_text()
    for section in (
        "Metrics",
        "Labels",
        "Confusion matrix",
        "Precision, recall",
        "Accuracy",
        "ROC",
        "importance",
    ):
        assert section in html
    assert html.count("Round ") >= 12


def test_hyperparameters_may_be_numbers_or_strings(tmp_path: Path) -> None:
    written(CreateXgboostReport(), classification(), tmp_path)
    html = (tmp_path / "xgboost_report.html").read_text()

    assert re.search(r"max_depth</td>\s*<td[^>]*>3<", html)
    assert re.search(r"objective</td>\s*<td[^>]*>binary:logistic<", html)


def test_the_page_exists_after_the_first_round(tmp_path: Path) -> None:
    TrialWatch(CreateXgboostReport(), RuleContext(tmp_path)).check(classification()[0])

    assert (tmp_path / "xgboost_report.html").exists()


def test_a_page_loads_nothing_from_the_network_and_names_are_escaped(tmp_path: Path) -> None:
    written(CreateXgboostReport(), classification(), tmp_path)
    html = (tmp_path / "xgboost_report.html").read_text()

    assert "http" not in html
    assert "<f0>" not in html
    assert "&lt;f0&gt;" in html


def test_its_drawings_are_well_formed(tmp_path: Path) -> None:
    written(CreateXgboostReport(), classification(), tmp_path)
    html = (tmp_path / "xgboost_report.html").read_text()

    drawings = html.split("<svg")[1:]

    assert len(drawings) > 5
    for drawing in drawings:
        ElementTree.fromstring("<svg" + drawing.split("</svg>")[0] + "</svg>")


def test_a_regression_shows_residuals_and_errors(tmp_path: Path) -> None:
    labels = np.random.default_rng(0).normal(50, 10, 300)
    steps = [
        a_step(i, {"train-rmse": 9.0 - i, "labels": labels, "predictions": labels + 3 - i}) for i in range(4)
    ]

    written(CreateXgboostReport(), steps, tmp_path)

    html = (tmp_path / "xgboost_report.html").read_text()
    assert "Residuals" in html
    assert "Error by size of the label" in html
    assert "Confusion" not in html


def test_the_curves_are_commented_on() -> None:
    metrics = {"train-rmse": [(0, 1.0)], "validation-rmse": list(enumerate([1.0, 0.5, 0.6, 0.7, 0.8, 0.9]))}

    assert "overfits" in xgboost_page(Rounds(metrics=metrics), ABOUT)


def test_the_title_of_the_page_has_the_job_and_the_date(tmp_path: Path) -> None:
    html = xgboost_page(Rounds(), ABOUT)

    assert "Job digits&lt;1&gt;, as of 2026-11-27 12:40 UTC" in html
    assert "<title>XGBoost training report: digits&lt;1&gt;</title>" in html
    watch = TrialWatch(CreateXgboostReport(), RuleContext(tmp_path, job="digits-2"))
    watch.check(classification()[0])
    assert "Job digits-2, as of" in (tmp_path / "xgboost_report.html").read_text()


def test_a_hyperparameter_of_several_values_is_shown_with_all_of_them(tmp_path: Path) -> None:
    values = {"hyperparameters/eval_metric": ["logloss", "<auc>"], "hyperparameters/weights": [0.5, 2.0]}

    written(CreateXgboostReport(), [a_step(0, values)], tmp_path)

    html = (tmp_path / "xgboost_report.html").read_text()
    assert re.search(r"eval_metric</td>\s*<td[^>]*>logloss, &lt;auc&gt;<", html)
    assert re.search(r"weights</td>\s*<td[^>]*>0.5, 2<", html)


def test_an_empty_training_has_a_page_too() -> None:
    assert "None was saved" in xgboost_page(Rounds(), ABOUT)


def test_long_trainings_keep_a_bounded_number_of_predictions(tmp_path: Path) -> None:
    written(CreateXgboostReport(), classification(rounds=150), tmp_path)

    html = (tmp_path / "xgboost_report.html").read_text()
    assert "Round 0" in html
    assert "Round 745" in html
    assert html.count('<p class="quiet">Round') <= 32
