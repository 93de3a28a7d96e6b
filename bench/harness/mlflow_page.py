"""MLflow's own page in a browser: its addresses, and when it shows what it was asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from bench.harness.browser import click_to_paint, open_patiently
from bench.harness.curves import METRIC

if TYPE_CHECKING:
    from tests.studio.chromium import Page

SETTINGS = {
    # Runs of trainings, not of language models; and no assistant, which takes a quarter of the window.
    "mlflow.workflowType_v1": '"machine_learning"',
    "mlflow.assistant.panelOpen_v1": "false",
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
}

RUNS_SCROLLED = "document.querySelector('.ag-body-viewport')"
CURVES_SHOWN = "document.querySelectorAll('.js-plotly-plot .scatterlayer .trace').length"


def ready_page(page: Page, url: str) -> None:
    """Has the page be the one for trainings, as a user of them has chosen once."""
    open_patiently(page, f"{url}/#/experiments")
    page.evaluate(f"Object.entries({json.dumps(SETTINGS)}).forEach(([k, v]) => localStorage.setItem(k, v))")
    page.open("about:blank")


def experiment(url: str, owner: int) -> str:
    return f"{url}/#/experiments/{owner}/runs"


def to_experiment(name: str) -> str:
    """A script that finds the link to an experiment in the list of experiments."""
    return f"[...document.querySelectorAll('a')].find((each) => each.innerText.trim() === {name!r})"


def runs_shown() -> str:
    """Whether the table of runs is there."""
    return "document.querySelectorAll('.ag-center-cols-container .ag-row').length > 10"


def open_runs(page: Page, url: str, name: str) -> float:
    """Milliseconds from a click on an experiment to its table of runs. Raises NeverPainted."""
    open_patiently(page, f"{url}/#/experiments")
    page.wait(to_experiment(name), 50)
    return click_to_paint(page, f"{to_experiment(name)}.click()", runs_shown())


def to_chart_view(url: str, owner: int) -> str:
    return f"{experiment(url, owner)}?compareRunsMode=CHART"


def to_metric_page(url: str, owner: int, runs: list[str]) -> str:
    asked = {
        "runs": json.dumps(runs),
        "metric": json.dumps(METRIC),
        "experiments": json.dumps([str(owner)]),
        "plot_metric_keys": json.dumps([METRIC]),
    }
    return f"{url}/#/metric/{METRIC}?" + "&".join(f"{name}={quote(value)}" for name, value in asked.items())
