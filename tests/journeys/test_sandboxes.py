"""A job of each kind in each kind of sandbox that works here, on a server of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.conftest import execution_role
from tests.journeys.jobs import TRAINING, Jobs, packed, unique_name
from tests.journeys.processing_jobs import ProcessingJobs
from tests.journeys.server import Server, wait_for

from clary.host.sandbox import SandboxKind, probe

FIRST_BUILD_S = 900.0
TORCH = "pytorch-training:2.6-cpu-py312"
EVALUATOR = "sagemaker-debugger-rule-evaluator:latest"
# A shell ends on SIGTERM and its script with it, so the signal must reach the script only.
SHELL = b"#!/bin/bash\necho begun by a shell\npython ending.py --how late\necho after\n"


@pytest.fixture(
    scope="module",
    params=[SandboxKind.BUBBLEWRAP, SandboxKind.UNSHARE],
    ids=lambda kind: str(kind.value),
)
def boxed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """Jobs of a server whose hosts are in that kind of sandbox."""
    kind: SandboxKind = request.param
    if probe((kind,)).kind is not kind:
        pytest.skip(f"{kind.value} does not work on this machine; `clary doctor` says why")
    homes = (tmp_path_factory.mktemp(kind.value), tmp_path_factory.mktemp("user"))
    server = Server(*homes, {"CLARY_SANDBOX": kind.value})
    server.start()
    clients = server.session(root=True)
    clients("s3").create_bucket(Bucket="boxed")
    yield Jobs(clients, "boxed", execution_role(server))
    server.stop()


def test_a_stop_reaches_a_script_that_a_shell_has_started(boxed: Jobs) -> None:
    request = boxed.request("ending.py")
    source = packed({"t.sh": SHELL, "ending.py": TRAINING / "ending.py"})
    uri = boxed.upload(f"{request['TrainingJobName']}/sourcedir.tar.gz", source)
    request["HyperParameters"] = {
        "sagemaker_program": json.dumps("t.sh"),
        "sagemaker_submit_directory": json.dumps(uri),
    }
    name = boxed.submit(request)
    wait_for(lambda: "ending by late" in boxed.log(name), "the script to have begun", timeout_s=FIRST_BUILD_S)

    boxed.clients("sagemaker").stop_training_job(TrainingJobName=name)
    job = boxed.wait(name)

    assert job["TrainingJobStatus"] == "Stopped"
    assert "asked to end" in boxed.log(name)
    assert boxed.download(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"half.txt": b"half a model"}


def test_a_processing_job_below_bash_is_stopped_and_keeps_its_output(boxed: Jobs) -> None:
    processing = ProcessingJobs(boxed)
    request = processing.request("counting.py")
    command = "python3 /opt/ml/processing/code/counting.py --lines 1000 --seconds 500; echo after"
    request["AppSpecification"]["ContainerEntrypoint"] = ["/bin/bash", "-c", command]
    boxed.clients("sagemaker").create_processing_job(**request)
    name = str(request["ProcessingJobName"])
    wait_for(lambda: processing.log(name), "the script to have begun")

    boxed.clients("sagemaker").stop_processing_job(ProcessingJobName=name)
    job = processing.wait(name)

    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Stopped", "asked to end")
    assert processing.files(name) == {"half.txt": b"half a result"}


def test_a_rule_of_the_users_own_is_evaluated(boxed: Jobs) -> None:
    rules = boxed.upload("rules/my_rules.py", (TRAINING / "rules/my_rules.py").read_bytes())
    name = boxed.create(
        "vanishing_torch.py",
        name=unique_name("judged"),
        image=TORCH,
        hyperparameters={"steps": 12, "pause-s": 0, "scale": 1},
        DebugHookConfig={
            "S3OutputPath": f"s3://{boxed.bucket}/tensors",
            "CollectionConfigurations": [
                {"CollectionName": "weights", "CollectionParameters": {"save_interval": "5"}}
            ],
        },
        DebugRuleConfigurations=[
            {
                "RuleConfigurationName": "Large",
                "RuleEvaluatorImage": EVALUATOR,
                "InstanceType": "ml.t3.medium",
                "VolumeSizeInGB": 10,
                "RuleParameters": {
                    "source_s3_uri": rules,
                    "rule_to_invoke": "LargeWeight",
                    "threshold": "0.0001",
                },
            }
        ],
    )

    def verdict() -> dict[str, Any]:
        (rule,) = boxed.describe(name)["DebugRuleEvaluationStatuses"]
        return dict(rule) if rule["RuleEvaluationStatus"] not in ("InProgress", "Stopping") else {}

    rule = wait_for(verdict, "the rule to be evaluated", timeout_s=FIRST_BUILD_S)

    assert rule["RuleEvaluationStatus"] == "IssuesFound", rule
    assert "LargeWeight at step 0" in rule["StatusDetails"]
