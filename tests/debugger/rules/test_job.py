"""The evaluation of a job's rules: real files, configurations as in a request, and the events."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from tests.debugger.rules.steps import a_step
from tests.debugger.rules.test_profile_source import MINUTE, write_system
from tests.debugger.rules.trials import Training, a_training

from clary.debugger.rules import EventFile, RuleStep, evaluate_job
from clary.debugger.rules.evaluation import Evaluation
from clary.debugger.rules.rule import Rule, RuleContext
from clary.debugger.rules.watch import TrialWatch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from clary.debugger.rules import Finding

VANISHED = {"gradient/w": np.zeros(4), "loss_output_0": 1.0}
HEALTHY = {"gradient/w": np.ones(4), "loss_output_0": 1.0}


def rule(name: str, **parameters: str) -> dict[str, Any]:
    return {"RuleConfigurationName": name, "RuleParameters": {"rule_to_invoke": name, **parameters}}


def evaluated(tmp_path: Path, *rules: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The events of an evaluation of ``tmp_path/trial``."""
    more.setdefault("trial", str(tmp_path / "trial"))
    with EventFile(tmp_path / "findings.jsonl") as events:
        evaluate_job({"DebugRuleConfigurations": rules}, events, output=tmp_path / "out", **more)
    return lines(tmp_path)


def lines(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "findings.jsonl").read_text().splitlines()]


def statuses(told: Iterable[dict[str, Any]], name: str) -> list[str]:
    return [
        line["RuleEvaluationStatus"]
        for line in told
        if line["Kind"] == "Status" and line["RuleConfigurationName"] == name
    ]


def last_details(told: Iterable[dict[str, Any]], name: str) -> str:
    found = [line for line in told if line["Kind"] == "Status" and line["RuleConfigurationName"] == name]
    return str(found[-1]["StatusDetails"])


def test_a_rule_that_fires_ends_in_issues_found_with_the_text_of_aws(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", HEALTHY, VANISHED, HEALTHY, VANISHED)

    told = evaluated(tmp_path, rule("VanishingGradient"))

    assert statuses(told, "VanishingGradient") == ["InProgress", "IssuesFound"]
    assert last_details(told, "VanishingGradient") == (
        "RuleEvaluationConditionMet: Evaluation of the rule VanishingGradient at step 1 "
        "resulted in the condition being met\n"
    )


def test_a_rule_continues_after_its_first_firing_and_reports_every_finding(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", HEALTHY, VANISHED, HEALTHY, VANISHED)

    found = [line for line in evaluated(tmp_path, rule("VanishingGradient")) if line["Kind"] == "Finding"]

    assert [(line["Step"], line["Tensor"], line["Value"], line["Threshold"]) for line in found] == [
        (1, "gradient/w", 0.0, 1e-7),
        (3, "gradient/w", 0.0, 1e-7),
    ]
    assert (found[0]["Mode"], found[0]["ModeStep"], found[0]["Worker"]) == ("TRAIN", 1, "worker_0")


def test_meaning_and_remedy_are_written_once(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", VANISHED)

    (line,) = [line for line in evaluated(tmp_path, rule("VanishingGradient")) if line["Kind"] == "Rule"]

    assert line["Meaning"].startswith("The gradient of this layer is practically zero")
    assert line["Remedy"].startswith("Try ReLU-like activations")
    assert line["RuleParameters"] == {"threshold": 1e-7}


def test_a_rule_that_does_not_fire_ends_in_no_issues_found(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", HEALTHY)

    assert statuses(evaluated(tmp_path, rule("VanishingGradient")), "VanishingGradient") == [
        "InProgress",
        "NoIssuesFound",
    ]


def test_an_invalid_configuration_is_an_error_of_its_rule_only(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", VANISHED)
    bad = [rule("AllZero"), rule("DeadRelu", threshold_layer="most"), rule("Unheard"), rule("CPUBottleneck")]

    told = evaluated(tmp_path, *bad, rule("VanishingGradient"))

    for name in ("AllZero", "DeadRelu", "Unheard", "CPUBottleneck"):
        assert statuses(told, name) == ["Error"]
    assert last_details(told, "DeadRelu").startswith(
        "ClientError: Parameter 'threshold_layer' is 'most'; give a number"
    )
    assert "this job records none" in last_details(told, "CPUBottleneck")
    assert statuses(told, "VanishingGradient")[-1] == "IssuesFound"


def test_actions_are_due_once_and_with_the_first_firing(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", VANISHED, VANISHED)
    actions = (
        '[{"name": "stoptraining", "training_job_prefix": "job-x"}, {"name": "email", "endpoint": "a@b.cd"}]'
    )

    told = evaluated(tmp_path, rule("VanishingGradient", action_json=actions))

    due = [(line["Action"], line["Target"]) for line in told if line["Kind"] == "Action"]
    assert due == [("stoptraining", "job-x"), ("email", "a@b.cd")]


def test_other_trials_are_compared_with(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", HEALTHY, HEALTHY)
    a_training(tmp_path / "other", HEALTHY, VANISHED)

    told = evaluated(tmp_path, rule("SimilarAcrossRuns", other_trial_0=str(tmp_path / "other")))

    assert [(line["Step"], line["Tensor"]) for line in told if line["Kind"] == "Finding"] == [
        (1, "gradient/w")
    ]


def test_many_rules_read_each_step_in_one_pass(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", *[VANISHED] * 12)
    rules = [
        rule("VanishingGradient"),
        rule("AllZero", collection_names="gradients"),
        rule("UnchangedTensor", tensor_regex=".*"),
        rule("LossNotDecreasing"),
        rule("ExplodingTensor"),
    ]

    told = evaluated(tmp_path, *rules)

    fired = Counter(line["RuleConfigurationName"] for line in told if line["Kind"] == "Finding")
    assert fired == {"VanishingGradient": 12, "AllZero": 12, "UnchangedTensor": 20, "LossNotDecreasing": 1}
    assert statuses(told, "ExplodingTensor")[-1] == "NoIssuesFound"


def test_a_finding_is_reported_while_the_training_runs(tmp_path: Path) -> None:
    training = Training(tmp_path / "trial")
    events = _Heard(tmp_path / "findings.jsonl")
    evaluator = threading.Thread(
        target=evaluate_job,
        args=({"DebugRuleConfigurations": [rule("VanishingGradient")]}, events),
        kwargs={"output": tmp_path / "out", "trial": str(tmp_path / "trial")},
    )
    evaluator.start()

    training.save(0, HEALTHY)
    training.save(1, VANISHED)
    heard = events.finding_heard.wait(90)
    training.end()
    evaluator.join(90)
    events.close()

    assert heard
    assert not evaluator.is_alive()


def test_after_a_stop_existing_steps_are_evaluated_and_the_status_is_stopped(tmp_path: Path) -> None:
    training = Training(tmp_path / "trial")
    training.save(0, VANISHED)
    stop = threading.Event()
    stop.set()

    told = evaluated(tmp_path, rule("VanishingGradient"), rule("ExplodingTensor"), stop=stop)

    training.end()
    assert statuses(told, "ExplodingTensor") == ["InProgress", "Stopping", "Stopped"]
    assert statuses(told, "VanishingGradient") == ["InProgress", "Stopping", "IssuesFound"]


def test_a_rule_that_raises_ends_in_error_with_its_reason(tmp_path: Path) -> None:
    class Broken(Rule):
        meaning = remedy = ""

        def check(self, step: RuleStep) -> Iterable[Finding]:
            raise ZeroDivisionError("by zero")

    with EventFile(tmp_path / "findings.jsonl") as events:
        watch = TrialWatch(Broken(), RuleContext(tmp_path))
        evaluation = Evaluation("Broken", lambda: watch, events=events, now=lambda: 5.0)
        evaluation.check(a_step(0))
        evaluation.check(a_step(1))
        evaluation.finish()

    assert statuses(lines(tmp_path), "Broken") == ["InProgress", "Error"]
    assert last_details(lines(tmp_path), "Broken") == "RuleEvaluationError: ZeroDivisionError: by zero"


def test_profiler_rules_run_too_and_end_with_the_job(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", HEALTHY)
    write_system(tmp_path / "profile", MINUTE, 0.5, 1.0)
    configurations = {"ProfilerRuleConfigurations": [rule("ProfilerReport")]}

    with EventFile(tmp_path / "findings.jsonl") as events:
        evaluate_job(
            configurations,
            events,
            output=tmp_path / "out",
            trial=str(tmp_path / "trial"),
            profile=str(tmp_path / "profile"),
        )

    assert statuses(lines(tmp_path), "ProfilerReport") == ["InProgress", "NoIssuesFound"]
    assert (tmp_path / "out" / "ProfilerReport" / "profiler-output" / "profiler-report.html").exists()


def test_a_profile_without_a_trial_ends_with_its_own_marker(tmp_path: Path) -> None:
    write_system(tmp_path / "profile", MINUTE, 0.5, 1.0)
    (tmp_path / "profile" / "training_job_end.ts").touch()

    told = evaluated(tmp_path, rule("OverallSystemUsage"), trial=None, profile=str(tmp_path / "profile"))

    assert statuses(told, "OverallSystemUsage") == ["InProgress", "NoIssuesFound"]
    report = json.loads((tmp_path / "out" / "OverallSystemUsage" / "OverallSystemUsage.json").read_text())
    assert report["Datapoints"] == 2


def test_infinity_and_nan_are_null_in_json_and_stay_in_the_message(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", {"w.weight": np.zeros(3)}, {"w.weight": np.ones((3, 3))})
    a_training(tmp_path / "other", {"w.weight": np.zeros(3)}, {"w.weight": np.ones(3)})

    told = evaluated(tmp_path, rule("SimilarAcrossRuns", other_trial_0=str(tmp_path / "other")))

    (line,) = [line for line in told if line["Kind"] == "Finding"]
    assert line["Value"] is None
    assert "its shape is (3, 3)" in line["Message"]


def test_the_command_evaluates_a_trial_to_its_end(tmp_path: Path) -> None:
    a_training(tmp_path / "trial", VANISHED)
    (tmp_path / "rules.json").write_text(json.dumps({"DebugRuleConfigurations": [rule("VanishingGradient")]}))

    ran = _command(tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert statuses(lines(tmp_path), "VanishingGradient") == ["InProgress", "IssuesFound"]


def test_the_command_evaluates_existing_steps_after_sigterm_and_ends(tmp_path: Path) -> None:
    training = Training(tmp_path / "trial")
    training.save(0, VANISHED)
    (tmp_path / "rules.json").write_text(
        json.dumps({"DebugRuleConfigurations": [rule("VanishingGradient"), rule("ExplodingTensor")]})
    )

    with subprocess.Popen(_arguments(tmp_path), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not _has_found(tmp_path / "findings.jsonl"):
            os.sched_yield()
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0

    training.end()
    assert statuses(lines(tmp_path), "ExplodingTensor") == ["InProgress", "Stopping", "Stopped"]


def test_a_file_can_request_a_stop(tmp_path: Path) -> None:
    training = Training(tmp_path / "trial")
    training.save(0, VANISHED)
    (tmp_path / "rules.json").write_text(json.dumps({"DebugRuleConfigurations": [rule("ExplodingTensor")]}))
    (tmp_path / "stop").write_text("1700000000")

    ran = _command(tmp_path, SAGEMAKER_ENV_RULE_STOP_SIGNAL_FILE=str(tmp_path / "stop"))

    training.end()
    assert ran.returncode == 0
    assert statuses(lines(tmp_path), "ExplodingTensor") == ["InProgress", "Stopping", "Stopped"]


def test_the_command_refuses_a_configuration_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text("{")

    ran = _command(tmp_path)

    assert ran.returncode == 2
    assert "rules.json can't be read" in ran.stderr


class _Heard(EventFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.finding_heard = threading.Event()

    def finding(self, *args: Any, **kwargs: Any) -> None:
        super().finding(*args, **kwargs)
        self.finding_heard.set()


def _has_found(path: Path) -> bool:
    return path.exists() and '"Kind":"Finding"' in path.read_text()


def _command(tmp_path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _arguments(tmp_path),
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _arguments(tmp_path: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "clary.debugger.rules"),
        *("--trial", str(tmp_path / "trial"), "--config", str(tmp_path / "rules.json")),
        *("--findings", str(tmp_path / "findings.jsonl"), "--output", str(tmp_path / "out")),
    ]
