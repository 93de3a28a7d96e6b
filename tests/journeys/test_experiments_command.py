"""``clary experiments`` in a wide and a narrow terminal, in a pipe, and with wrong arguments."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.jobs import unique_name
from tests.journeys.server import Clients, Server
from tests.journeys.terminal import in_terminal

WIDTHS = (2, 10, 32)


@pytest.fixture(scope="module")
def experiment(clients: Clients) -> str:
    sagemaker, metrics = clients("sagemaker"), clients("sagemaker-metrics")
    name = unique_name("shown")
    sagemaker.create_experiment(ExperimentName=name, Description="Which width reads digits best")
    for width in WIDTHS:
        trial, component = f"{name}-width-{width}", f"{name}-training-of-width-{width}"
        sagemaker.create_trial(TrialName=trial, ExperimentName=name)
        sagemaker.create_trial_component(
            TrialComponentName=component,
            DisplayName="Training",
            Status={"PrimaryStatus": "Failed" if width == 10 else "Completed"},
            Parameters={
                "width": {"NumberValue": width},
                "layers": {"StringValue": f"[relu] [{width}]"},
                "prompt": {"StringValue": "word " * width * 5},
                "same": {"NumberValue": 1},
            },
        )
        sagemaker.associate_trial_component(TrialComponentName=component, TrialName=trial)
        metrics.batch_put_metrics(
            TrialComponentName=component,
            MetricData=[
                {
                    "MetricName": "accuracy",
                    "Timestamp": time.time(),
                    "Step": step,
                    "Value": width / 100 + step,
                }
                for step in (1, 0)
            ],
        )
    return name


def test_a_wide_terminal_shows_a_table(server: Server, experiment: str) -> None:
    lines = in_terminal(server, 220, "experiments", "compare", experiment)

    assert lines[0].split() == ["Name", "Trial", "Status", "layers", "prompt", "width", "accuracy"]
    assert len(lines) == 1 + len(WIDTHS)
    assert "[relu] [10]" in lines[2]
    assert "Failed" in lines[2]
    # Long values are cut; names are not.
    assert "word word word" in lines[3]
    assert "..." in lines[3]
    assert f"{experiment}-width-32" in lines[3]


def test_eighty_columns_show_what_fits_and_say_what_does_not(server: Server, experiment: str) -> None:
    lines = in_terminal(server, 80, "experiments", "compare", experiment)

    assert lines[0].split() == ["Name", "Trial", "Status", "layers", "width", "accuracy"]
    assert [line.split()[1] for line in lines[1:4]] == [f"{experiment}-width-{width}" for width in WIDTHS]
    assert lines[4] == "(not shown: prompt; a wider terminal or --json shows all)"
    assert all(len(line) <= 80 for line in lines)


def test_a_narrow_terminal_breaks_no_name(server: Server, experiment: str) -> None:
    compared = in_terminal(server, 30, "experiments", "compare", experiment)
    shown = in_terminal(server, 50, "experiments", "show", experiment)

    for width in WIDTHS:
        assert any(f"{experiment}-width-{width}" in line.split() for line in compared)
        assert f"{experiment}-training-of-width-{width}" in shown
    told = [line.split() for line in compared]
    assert ["Status", "Failed"] in told
    assert ["width", "32"] in told
    # No line is broken, so none is a part of a name.
    assert not any(line.startswith(" ") and len(line.split()) == 1 for line in compared)


@pytest.mark.parametrize(
    "sort", ["accuracy", "width", "metrics.accuracy.max", "Parameters.width.NumberValue"]
)
def test_a_comparison_is_sorted_by_any_name(server: Server, experiment: str, sort: str) -> None:
    said = server.command("experiments", "compare", experiment, "--sort", sort, "--descending").stdout

    trials = [line.split()[1] for line in said.splitlines()[1:]]
    assert trials == [f"{experiment}-width-{width}" for width in reversed(WIDTHS)]


def test_scripts_get_json(server: Server, experiment: str) -> None:
    def told(*arguments: str) -> Any:
        return json.loads(server.command("experiments", *arguments, "--json").stdout)

    listed, shown, compared = told("list"), told("show", experiment), told("compare", experiment)

    (itself,) = [each for each in listed if each["ExperimentName"] == experiment]
    assert itself["Trials"] == len(WIDTHS)
    assert [len(trial["TrialComponents"]) for trial in shown["Trials"]] == [1] * len(WIDTHS)
    last = compared[-1]
    assert last["Parameters"]["prompt"] == "word " * 160
    assert last["Parameters"]["same"] == 1
    assert last["Metrics"]["accuracy"] == {
        "Min": 0.32,
        "Max": 1.32,
        "Avg": 0.8200000000000001,
        "StdDev": 0.5,
        "Last": 0.32,
        "Count": 2,
    }


def test_an_export_has_everything(server: Server, experiment: str, tmp_path: Path) -> None:
    server.command("experiments", "export", experiment, "--to", tmp_path / "all.csv")

    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["width"] for row in rows] == [f"{width}.0" for width in WIDTHS]
    assert [row["accuracy - Count"] for row in rows] == ["2"] * len(WIDTHS)
    assert rows[2]["prompt"] == "word " * 160


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "{name}x"], "Experiment '{name}x' does not exist; did you mean {name}"),
        (
            ["compare", "{name}", "--metric", "acuracy"],
            "--metric acuracy: no component has it; did you mean accuracy?",
        ),
        (["compare", "{name}", "--parameter", "nothing"], "there is layers, prompt, same, width"),
        (
            ["compare", "{name}", "--sort", "acuracy"],
            "--sort acuracy: nothing has this name; did you mean accuracy?",
        ),
        (["compare", "{name}", "--sort", "metrics.accuracy.most"], "and then .Max, .Min"),
        (["compare", "{name}", "--statistic", "median"], "it can be min, max, avg"),
        (["export", "{name}", "--to", "/nowhere/x.csv"], "/nowhere/x.csv can't be written: No such file"),
        (["export", "{name}", "--to", "x.xlsx"], "end in .csv or .parquet"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    server: Server, experiment: str, arguments: list[str], said: str
) -> None:
    words = [each.format(name=experiment) for each in arguments]

    refused = server.command("experiments", *words, expect=1)

    assert said.format(name=experiment) in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_experiment_without_anything_says_so(server: Server, clients: Clients) -> None:
    name = unique_name("bare")
    clients("sagemaker").create_experiment(ExperimentName=name)

    shown = server.command("experiments", "show", name)
    compared = server.command("experiments", "compare", name, expect=1)

    assert "it has no trials yet" in shown.stderr
    assert f"experiment {name} has no trial components yet" in compared.stderr
