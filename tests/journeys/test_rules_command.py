"""``clary rules`` in terminals of two widths, in a pipe, and with wrong arguments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.journeys.jobs import TRAINING, Jobs, unique_name
from tests.journeys.server import Clients, Server, wait_for
from tests.journeys.terminal import in_terminal

FIRST_BUILD_S = 900.0
TORCH = "pytorch-training:2.6-cpu-py312"
BUILT_IN = "sagemaker-debugger-rules:latest"
CUSTOM = "759209512951.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rule-evaluator:latest"
OPEN = ("InProgress", "Stopping")
STEPS, EVERY = 30, 5


@pytest.fixture(scope="module")
def job(jobs: Jobs) -> str:
    """A job with a rule that fires, one that does not, a wrongly configured and a broken one."""
    name = unique_name("judged")
    source = jobs.upload(f"{name}/my_rules.py", (TRAINING / "rules" / "my_rules.py").read_bytes())
    rules = [
        ("Vanishing", BUILT_IN, {"rule_to_invoke": "VanishingGradient"}),
        ("Exploding", BUILT_IN, {"rule_to_invoke": "ExplodingTensor"}),
        ("Zero", BUILT_IN, {"rule_to_invoke": "AllZero", "threshold": "many"}),
        ("Own", CUSTOM, {"rule_to_invoke": "Broken", "source_s3_uri": source}),
    ]
    jobs.create(
        "vanishing_torch.py",
        name=name,
        image=TORCH,
        hyperparameters={"steps": STEPS, "pause-s": 0},
        DebugHookConfig={
            "S3OutputPath": f"s3://{jobs.bucket}/tensors",
            "CollectionConfigurations": [
                {"CollectionName": collection, "CollectionParameters": {"save_interval": str(EVERY)}}
                for collection in ("gradients", "weights")
            ],
        },
        DebugRuleConfigurations=[
            {"RuleConfigurationName": rule, "RuleEvaluatorImage": image, "RuleParameters": parameters}
            for rule, image, parameters in rules
        ],
    )
    jobs.wait(name, timeout_s=FIRST_BUILD_S)
    wait_for(lambda: not still_open(jobs, name), "the rules' verdicts")
    return name


def still_open(jobs: Jobs, name: str) -> list[Any]:
    statuses = jobs.describe(name)["DebugRuleEvaluationStatuses"]
    return [status for status in statuses if status["RuleEvaluationStatus"] in OPEN]


def sections(lines: list[str]) -> dict[str, list[str]]:
    """Returns the printed lines of each rule by its name."""
    told: dict[str, list[str]] = {}
    lines_of: list[str] = []
    for line in lines:
        if line and not line.startswith(" "):
            lines_of = told.setdefault(line.split()[0], [])
        if line:
            lines_of.append(line)
    return told


@pytest.mark.parametrize("columns", [80, 200])
def test_each_rule_has_its_status_and_what_it_found(server: Server, job: str, columns: int) -> None:
    told = sections(in_terminal(server, columns, "rules", job))

    assert list(told) == ["Vanishing", "Exploding", "Zero", "Own"]
    assert told["Vanishing"][0] == "Vanishing  IssuesFound  24 firings at steps 0 to 25"
    assert told["Vanishing"][1].split() == ["Step", "Tensor", "What", "was", "seen"]
    firings = told["Vanishing"][2:7]
    assert [line.split()[0] for line in firings] == ["0", "0", "0", "0", "5"]
    assert firings[0].split()[1].startswith("gradient/")
    assert firings[0].endswith("below 1.0e-07")
    assert told["Vanishing"][7] == "  and 19 more: --all shows them"
    assert [line.split() for line in told["Exploding"]] == [["Exploding", "NoIssuesFound"]]


@pytest.mark.parametrize("columns", [80, 200])
def test_meaning_and_remedy_are_indented_sentences_of_a_readable_width(
    server: Server, job: str, columns: int
) -> None:
    lines = sections(in_terminal(server, columns, "rules", job))["Vanishing"][8:]

    said = " ".join(line.strip() for line in lines)
    assert said.startswith("The gradient of this layer is practically zero, so its weights hardly change")
    assert "Try ReLU-like activations, normalization layers or residual connections" in said
    assert all(line.startswith("  ") and not line.startswith("   ") for line in lines)
    assert 60 < max(map(len, lines)) <= min(columns, 100)


def test_all_shows_every_firing(server: Server, job: str) -> None:
    told = sections(server.command("rules", job, "--all").stdout.splitlines())["Vanishing"]

    firings = [line.split() for line in told if "mean |g| is" in line]
    steps = range(0, STEPS, EVERY)
    assert [int(firing[0]) for firing in firings] == [step for step in steps for _ in range(4)]
    assert len({(firing[0], firing[1]) for firing in firings}) == 24
    assert not any("--all" in line for line in told)


def test_scripts_get_every_rule_and_firing_as_json(server: Server, job: str) -> None:
    told = {
        rule["RuleConfigurationName"]: rule
        for rule in json.loads(server.command("rules", job, "--json").stdout)
    }

    assert told["Vanishing"]["RuleEvaluationStatus"] == "IssuesFound"
    assert len(told["Vanishing"]["Firings"]) == 24
    assert told["Exploding"]["Firings"] == []


def test_into_a_pipe_every_sentence_is_one_line(server: Server, job: str) -> None:
    told = sections(server.command("rules", job).stdout.splitlines())["Vanishing"]

    meaning, remedy = told[-2:]
    assert meaning.endswith("a very deep stack.")
    assert remedy.startswith("  Try ")
    assert remedy.endswith("check that loss scaling is on.")


def test_a_rule_that_could_not_work_says_why(server: Server, job: str) -> None:
    told = sections(server.command("rules", job).stdout.splitlines())

    assert told["Zero"][0].split() == ["Zero", "Error"]
    assert told["Zero"][1].startswith("  ClientError: Parameter 'threshold' is 'many'; give a number")
    assert told["Own"][0].split() == ["Own", "Error"]
    assert told["Own"][1:] == ["  RuleEvaluationError: RuntimeError: this rule does not work"]


def test_a_rules_log_is_found_by_every_name_it_has(
    server: Server, jobs: Jobs, clients: Clients, job: str
) -> None:
    (arn,) = [
        status["RuleEvaluationJobArn"]
        for status in jobs.describe(job)["DebugRuleEvaluationStatuses"]
        if status["RuleConfigurationName"] == "Own"
    ]
    # ARNs are in lower case, names of log streams are not.
    found = clients("sagemaker").describe_processing_job(ProcessingJobName=arn.rpartition("/")[2])
    rule_job = found["ProcessingJobName"]
    (stream,) = clients("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=f"{rule_job}/"
    )["logStreams"]

    names = [(job, "--rule", "Own"), (f"{job}/Own",), (rule_job,), (arn,), (stream["logStreamName"],)]
    said = {server.command("logs", *name).stdout for name in names}

    (log,) = said
    assert "RuntimeError: this rule does not work" in log
    refused = server.command("logs", job, "--rule", "Onw", expect=1).stderr
    assert f"{job} has no rule Onw; did you mean Own?" in refused


def test_a_job_without_rules_says_so(server: Server, jobs: Jobs) -> None:
    name = jobs.run("counting.py", hyperparameters={"lines": 1})["TrainingJobName"]

    assert server.command("rules", name).stdout == f"{name} has no rules.\n"


@pytest.mark.parametrize(("name", "said"), [("nobody", "clary: nobody: "), ("", "'' is no name of a job")])
def test_an_unknown_job_is_told_in_a_sentence(server: Server, name: str, said: str) -> None:
    refused = server.command("rules", name, expect=1)

    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""
