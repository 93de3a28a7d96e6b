"""Rules of a running job: the time from the writing of a step to its finding, and to the stop of the job."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bench.harness.jobs import BUCKET, Jobs
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from bench.harness.bench import Bench

IMAGE = "pytorch-training:2.6-cpu-py312"
RULES = "sagemaker-debugger-rules:latest"
BAD_STEP = 100
# The signal is lost at one step; the script says when the file of that step was complete.
SCRIPT = f"""\
import glob, os, time
import torch
from torch import nn
torch.set_num_threads(1)
net = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 2))
loss_of, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.1)
data, labels = torch.randn(64, 16), torch.randint(0, 2, (64,))
said = False
for step in range(3000):
    optimizer.zero_grad()
    loss = loss_of(net(data), labels) * (1e-12 if step >= {BAD_STEP} else 1.0)
    loss.backward()
    optimizer.step()
    time.sleep(0.02)
    found = glob.glob("/opt/ml/output/tensors/index/*/{BAD_STEP:012d}_worker_0.json")
    if found and not said:
        said = True
        print(f"written {{os.stat(found[0]).st_mtime:.6f}}", flush=True)
"""
VERDICT, SHOWN, STOPPED = (
    "a step's file to the verdict on it",
    "a step's file to the verdict in DescribeTrainingJob",
    "a step's file to the end of the job that the rule stops",
)
TIMEOUT_S = 120.0


def measure(bench: Bench) -> Result:
    result = Result("Rules: from a step to its verdict")
    taken: dict[str, list[float]] = {VERDICT: [], SHOWN: [], STOPPED: []}
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)
        script = jobs.send_script("vanishing", SCRIPT)
        _finding_times(jobs, script, "warm")
        for turn in range(3 * bench.rounds):
            for what, seconds in _finding_times(jobs, script, f"job-{turn}").items():
                taken[what].append(seconds)
    for what, values in taken.items():
        result.add(what, CLARY, "s", values)
    result.budget_at_most("a verdict within 2 s of its step's file", max(taken[VERDICT]), 2.0, "s")
    return result


def _finding_times(jobs: Jobs, script: dict[str, str], name: str) -> dict[str, float]:
    """The seconds from the completion of the bad step's file to each event."""
    jobs.sagemaker.create_training_job(**_request(jobs, name, script))
    deadline = time.time() + TIMEOUT_S
    while True:
        rule = jobs.sagemaker.describe_training_job(TrainingJobName=name)["DebugRuleEvaluationStatuses"][0]
        if rule["RuleEvaluationStatus"] == "IssuesFound":
            break
        if time.time() > deadline:
            raise RuntimeError(f"{name}: the rule is {rule['RuleEvaluationStatus']} after {TIMEOUT_S:.0f} s")
        time.sleep(0.02)
    shown_at = time.time()
    job = jobs.wait(name, expect="Stopped")
    said = (event["message"] for event in jobs.lines(name))
    written_at = next(float(line.split()[1]) for line in said if line.startswith("written "))
    return {
        VERDICT: rule["LastModifiedTime"].timestamp() - written_at,
        SHOWN: shown_at - written_at,
        STOPPED: job["TrainingEndTime"].timestamp() - written_at,
    }


def _request(jobs: Jobs, name: str, script: dict[str, str]) -> dict[str, Any]:
    request = jobs.request(name, script)
    request["AlgorithmSpecification"]["TrainingImage"] = IMAGE
    request["DebugHookConfig"] = {
        "S3OutputPath": f"s3://{BUCKET}/tensors",
        "CollectionConfigurations": [
            {"CollectionName": "gradients", "CollectionParameters": {"save_interval": "10"}}
        ],
    }
    request["DebugRuleConfigurations"] = [
        {
            "RuleConfigurationName": "Vanishing",
            "RuleEvaluatorImage": RULES,
            "RuleParameters": {
                "rule_to_invoke": "VanishingGradient",
                "action_json": '[{"name": "stoptraining"}]',
            },
        }
    ]
    return request
