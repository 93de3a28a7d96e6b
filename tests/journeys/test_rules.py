"""Rules beside a training: their statuses on the wire, their logs, outputs and actions."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs
from tests.journeys.server import Clients, Server, wait_for

FIRST_BUILD_S = 900.0
TORCH = "pytorch-training:2.6-cpu-py312"
RULES = "sagemaker-debugger-rules:latest"
RULE_LOGS = "/aws/sagemaker/ProcessingJobs"
OPEN = ("InProgress", "Stopping")


@pytest.fixture(scope="module")
def judged(v2: Client) -> dict[str, Any]:
    """What the sagemaker SDK saw of a job that a rule stopped, and of one with custom rules."""
    seen: dict[str, Any] = v2.run("rules_pytorch.py", timeout_s=FIRST_BUILD_S)
    return seen


def test_a_rule_that_fires_says_where_and_what_to_try(judged: dict[str, Any]) -> None:
    rule = judged["stopped_rules"]["VanishingGradient"]

    assert rule["RuleEvaluationStatus"] == "IssuesFound"
    assert rule["StatusDetails"].startswith(
        "RuleEvaluationConditionMet: Evaluation of the rule VanishingGradient at step 0 resulted in the "
        "condition being met"
    )
    assert "gradient/" in rule["StatusDetails"]
    assert "below 1.0e-07" in rule["StatusDetails"]
    assert "Try ReLU-like activations" in rule["StatusDetails"]
    assert rule["RuleEvaluationJobArn"].split(":")[5].startswith("processing-job/")


def test_its_stop_training_action_stops_the_job_within_seconds(judged: dict[str, Any], jobs: Jobs) -> None:
    name = judged["stopped"]["TrainingJobName"]
    job = jobs.describe(name)

    assert job["TrainingJobStatus"] == "Stopped"
    assert not any("trained to the end" in line for line in jobs.log(name))
    # Without the stop it would run for 100 s.
    assert (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds() < 60


def test_show_names_the_rule_that_stopped_a_job_and_its_step(judged: dict[str, Any], server: Server) -> None:
    shown = server.command("show", judged["stopped"]["TrainingJobName"]).stdout

    (why,) = [line.split(maxsplit=1)[1] for line in shown.splitlines() if line.startswith("  why")]
    assert why.startswith("the StopTraining action of a rule asked: VanishingGradient: IssuesFound")
    assert "at step 0" in why


def test_the_other_rules_of_a_stopped_job_are_stopped(judged: dict[str, Any]) -> None:
    assert judged["stopped_rules"]["ExplodingTensor"]["RuleEvaluationStatus"] == "Stopped"


def test_a_rule_that_is_configured_wrongly_says_how_to_mend_it(judged: dict[str, Any]) -> None:
    rule = judged["stopped_rules"]["AllZero"]

    assert rule["RuleEvaluationStatus"] == "Error"
    assert rule["StatusDetails"].startswith("ClientError: Parameter 'threshold' is 'many'; give a number")


def test_a_rule_of_the_users_own_runs_in_the_real_smdebug(judged: dict[str, Any], clients: Clients) -> None:
    rules = judged["judged_rules"]

    assert rules["Fires"]["RuleEvaluationStatus"] == "IssuesFound"
    assert "LargeWeight at step 0" in rules["Fires"]["StatusDetails"]
    assert rules["Silent"]["RuleEvaluationStatus"] == "NoIssuesFound"
    assert any("is too large" in line for line in log_of(clients, rules["Fires"]))


def test_a_rule_of_the_users_own_that_fails_leaves_its_trace_in_its_log(
    judged: dict[str, Any], clients: Clients
) -> None:
    broken, missing = (judged["judged_rules"][name] for name in ("Broken", "Missing"))

    assert broken["RuleEvaluationStatus"] == missing["RuleEvaluationStatus"] == "Error"
    assert broken["StatusDetails"] == "RuleEvaluationError: RuntimeError: this rule does not work"
    assert missing["StatusDetails"] == (
        "ClientError: rule_to_invoke is 'NoSuchRule', and no such class is in my_rules.py"
    )
    assert any("raise RuntimeError" in line for line in log_of(clients, broken))


def test_a_job_that_custom_rules_judge_completes(judged: dict[str, Any]) -> None:
    assert judged["judged"]["TrainingJobStatus"] == "Completed"
    assert judged["judged_rules"]["ExplodingTensor"]["RuleEvaluationStatus"] == "NoIssuesFound"


def test_every_firing_is_kept_with_the_rules_output(judged: dict[str, Any], clients: Clients) -> None:
    job = judged["stopped"]
    folder = f"{job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job['TrainingJobName']}/rule-output"

    meaning = json.loads(read(clients, f"{folder}/VanishingGradient/rule.json"))
    findings = [
        json.loads(line)
        for line in read(clients, f"{folder}/VanishingGradient/findings.jsonl").decode().splitlines()
    ]

    assert meaning["RuleName"] == "VanishingGradient"
    assert meaning["Meaning"]
    assert meaning["Remedy"]
    assert findings[0]["Step"] == 0
    assert findings[0]["Tensor"].startswith("gradient/")
    assert findings[0]["Value"] < findings[0]["Threshold"] == 1e-7


def test_an_email_that_nobody_can_deliver_is_said_in_the_rules_log(
    judged: dict[str, Any], clients: Clients
) -> None:
    lines = log_of(clients, judged["stopped_rules"]["VanishingGradient"])

    assert any("The email to someone@example.com was not sent" in line for line in lines)
    assert any("CLARY_MAIL_SERVER" in line for line in lines)


def test_a_rule_is_described_as_the_processing_job_its_arn_names(
    judged: dict[str, Any], clients: Clients
) -> None:
    rule = judged["stopped_rules"]["VanishingGradient"]
    job = judged["stopped"]["TrainingJobName"]
    # As the notebooks of the tutorials derive the name.
    name = f"{job[:26]}-VanishingGradient-{rule['RuleEvaluationJobArn'][-8:]}"

    described = clients("sagemaker").describe_processing_job(ProcessingJobName=name)

    assert described["ProcessingJobStatus"] == "Completed"
    assert described["ExitMessage"] == rule["StatusDetails"]
    assert described["ProcessingJobArn"] == rule["RuleEvaluationJobArn"]
    assert described["TrainingJobArn"].endswith(f"training-job/{job}")
    assert described["Environment"]["rule_to_invoke"] == "VanishingGradient"


def test_one_rule_can_be_stopped_and_the_job_goes_on(jobs: Jobs, clients: Clients) -> None:
    name = vanishing(jobs, {"steps": 200, "pause-s": 0.05, "scale": 1.0})
    (rule,) = jobs.describe(name)["DebugRuleEvaluationStatuses"]
    wait_for(lambda: log_of(clients, rule), "the evaluation to have begun", timeout_s=FIRST_BUILD_S)

    clients("sagemaker").stop_processing_job(ProcessingJobName=rule["RuleEvaluationJobArn"].split("/")[1])

    def status() -> str:
        (now,) = jobs.describe(name)["DebugRuleEvaluationStatuses"]
        return str(now["RuleEvaluationStatus"])

    wait_for(lambda: status() == "Stopped", "the rule to be stopped")
    assert jobs.describe(name)["TrainingJobStatus"] == "InProgress"
    clients("sagemaker").stop_training_job(TrainingJobName=name)
    jobs.wait(name)


@pytest.fixture
def posted() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a webhook, and the messages that it received."""
    came: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/rules", came
        server.shutdown()


@pytest.fixture
def own_settings(posted: tuple[str, list[dict[str, Any]]]) -> dict[str, str]:
    return {"CLARY_NOTIFY_WEBHOOK": posted[0]}


def test_verdicts_and_messages_survive_kills_of_the_server(
    own: Server, own_jobs: Jobs, posted: tuple[str, list[dict[str, Any]]]
) -> None:
    actions = [{"name": "sms", "endpoint": "+491701234567"}, {"name": "email", "endpoint": "me@example.com"}]
    name = vanishing(own_jobs, {"steps": 150, "pause-s": 0.05}, action_json=json.dumps(actions))
    for _ in range(4):
        wait_for(lambda: True, "the next kill", every_s=1.0)
        own.kill()
        own.start()
    rule = verdict(own_jobs, name)
    wait_for(lambda: not list(own.home.glob("hosts/rules.*")), "the evaluator to have ended")

    assert rule["RuleEvaluationStatus"] == "IssuesFound"
    findings = [
        json.loads(line)
        for line in read(
            own_jobs.clients, f"s3://own/output/{name}/rule-output/Vanishing/findings.jsonl"
        ).splitlines()
    ]
    keys = [(finding["Step"], finding["Tensor"]) for finding in findings]
    assert sorted(set(keys)) == sorted(keys)
    assert {step for step, _ in keys} == set(range(0, 150, 5))
    lines = [line for line in log_of(own_jobs.clients, rule) if line.startswith("step ")]
    assert len(lines) == len(set(lines)) == len(keys)
    assert {(one["Protocol"], one["Endpoint"]) for one in posted[1]} == {
        ("sms", "+491701234567"),
        ("email", "me@example.com"),
    }
    assert {one["TrainingJobName"] for one in posted[1]} == {name}


def test_an_evaluator_that_is_killed_is_started_again_and_no_firing_is_lost(
    own: Server, own_jobs: Jobs
) -> None:
    name = vanishing(own_jobs, {"steps": 150, "pause-s": 0.05})

    def fired() -> bool:
        (rule,) = own_jobs.describe(name)["DebugRuleEvaluationStatuses"]
        return bool(rule["RuleEvaluationStatus"] == "IssuesFound")

    wait_for(fired, "the rule to fire", timeout_s=FIRST_BUILD_S)
    (agent,) = own.home.glob(f"hosts/rules.{name}-*/agent.pid")
    os.kill(int(agent.read_text()), signal.SIGKILL)

    rule = verdict(own_jobs, name)
    wait_for(lambda: not list(own.home.glob("hosts/rules.*")), "what the evaluators left behind to be gone")

    assert rule["RuleEvaluationStatus"] == "IssuesFound"
    assert own_jobs.wait(name)["TrainingJobStatus"] == "Completed"
    uri = f"s3://own/output/{name}/rule-output/Vanishing/findings.jsonl"
    found = {json.loads(line)["Step"] for line in read(own_jobs.clients, uri).splitlines()}
    assert found == set(range(0, 150, 5))


def test_a_job_that_ends_before_its_script_runs_has_its_rules_ended_too(own_jobs: Jobs) -> None:
    name = vanishing(own_jobs, {}, InputDataConfig=[channel("s3://own/nothing-is-here/")])

    rule = verdict(own_jobs, name)

    assert own_jobs.wait(name)["TrainingJobStatus"] == "Failed"
    assert rule["RuleEvaluationStatus"] in ("NoIssuesFound", "Stopped")


def vanishing(jobs: Jobs, hyperparameters: dict[str, Any], *, action_json: str = "", **members: Any) -> str:
    parameters = {"rule_to_invoke": "VanishingGradient"}
    if action_json:
        parameters["action_json"] = action_json
    return jobs.create(
        "vanishing_torch.py",
        image=TORCH,
        hyperparameters=hyperparameters,
        DebugHookConfig={
            "S3OutputPath": f"s3://{jobs.bucket}/tensors",
            "CollectionConfigurations": [
                {"CollectionName": "gradients", "CollectionParameters": {"save_interval": "5"}}
            ],
        },
        DebugRuleConfigurations=[
            {"RuleConfigurationName": "Vanishing", "RuleEvaluatorImage": RULES, "RuleParameters": parameters}
        ],
        **members,
    )


def channel(uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": "train", "DataSource": {"S3DataSource": source}}


def verdict(jobs: Jobs, name: str) -> dict[str, Any]:
    """Returns the status of the only rule, once the rule and the job have ended."""
    jobs.wait(name, timeout_s=FIRST_BUILD_S)

    def ended() -> dict[str, Any] | None:
        (rule,) = jobs.describe(name)["DebugRuleEvaluationStatuses"]
        return None if rule["RuleEvaluationStatus"] in OPEN else rule

    wait_for(ended, "the rule's verdict")
    # A rule has written everything when its evaluator is gone.
    wait_for(
        lambda: any(
            line.startswith(("IssuesFound", "NoIssues", "Stopped"))
            for line in log_of(jobs.clients, ended() or {})
        ),
        "the rule's last line",
    )
    found = ended()
    assert found is not None
    return found


def log_of(clients: Clients, rule: dict[str, Any]) -> list[str]:
    """Returns every line of a rule's log, found by the rule's ARN."""
    logs = clients("logs")
    prefix = rule["RuleEvaluationJobArn"].rpartition("/")[2]
    try:
        streams = logs.describe_log_streams(logGroupName=RULE_LOGS)["logStreams"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    names = [found["logStreamName"] for found in streams]
    found = [name for name in names if name.lower().startswith(prefix)]
    if not found:
        return []
    events = logs.get_log_events(logGroupName=RULE_LOGS, logStreamName=found[0], startFromHead=True)["events"]
    return [event["message"] for event in events]


def read(clients: Clients, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content: bytes = clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content
