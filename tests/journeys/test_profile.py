"""A job of the sagemaker SDK with a profiler: read by the real smdebug, and judged by the rules."""

from __future__ import annotations

import json
import os
import re
import statistics
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.server import Clients, wait_for

FIRST_BUILD_S = 900.0
STEPS = 440
PAUSES = set(range(0, STEPS, 40))


@pytest.fixture(scope="module")
def profiled(v2: Client) -> dict[str, Any]:
    """What the client saw of its job. The image's environment may have to be built first."""
    seen: dict[str, Any] = v2.run("profiled.py", timeout_s=FIRST_BUILD_S)
    assert seen["status"] == "Completed"
    return seen


@pytest.fixture(scope="module")
def read(profiled: dict[str, Any], v2: Client) -> dict[str, Any]:
    """The profile as the real smdebug reads it."""
    seen: dict[str, Any] = v2.run("read_profile.py", profile=profiled["profile"])
    return seen


@pytest.fixture(scope="module")
def written(profiled: dict[str, Any], clients: Clients) -> Callable[[str], str]:
    """A file that the rule ProfilerReport has written, once its evaluator has ended, by its path."""
    bucket, _, prefix = profiled["output"].removeprefix("s3://").partition("/")
    folder = f"{prefix.strip('/')}/{profiled['name']}/rule-output/Report/".lstrip("/")
    s3 = clients("s3")

    def read(path: str) -> str:
        content: bytes = s3.get_object(Bucket=bucket, Key=folder + path)["Body"].read()
        return content.decode()

    def there() -> bool:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=folder + "profiler-output/profiler-report.html")
        # It is rewritten for each window; the last one covers all steps.
        return bool(found["KeyCount"]) and f"{STEPS} training steps" in read(
            "profiler-output/profiler-report.html"
        )

    wait_for(there, "the report")
    return read


def test_the_profile_lies_where_the_sdk_says(profiled: dict[str, Any], clients: Clients) -> None:
    bucket, _, prefix = profiled["profile"].removeprefix("s3://").partition("/")
    listed = clients("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]

    kinds = Counter(re.sub(r"\d+", "0", entry["Key"].removeprefix(prefix).strip("/")) for entry in listed)
    assert prefix.rstrip("/") == f"{profiled['name']}/profiler-output"
    assert set(kinds) == {
        "system/incremental/0/0.algo-0.json",
        "framework/pevents/0/0_0-algo-0_pythontimeline.json",
        "training_job_end.ts",
    }


def test_the_real_smdebug_reads_every_half_second_of_every_core(read: dict[str, Any]) -> None:
    cores = {name for kind, name, dimension, *_ in read["system"] if dimension == "CPUUtilization"}
    assert cores == {f"cpu{core}" for core in os.sched_getaffinity(0)}
    moments = sorted({at for *_, at in read["system"]})
    assert len(moments) >= 8
    gaps = sorted(after - before for before, after in pairwise(moments))
    assert 0.45 < gaps[len(gaps) // 2] < 1.0
    by_name = Counter(name for _, name, *_ in read["system"])
    for name in ("MemoryUsedPercent", "ReceiveBytesPerSecond", "JobCPUUtilization", "JobMemoryUsedPercent"):
        assert by_name[name] == len(moments)
    assert {node for *_, node, _ in read["system"]} == {"algo-1"}
    assert all(value >= 0 for _, _, _, value, _, _ in read["system"])
    assert read["rows"] == len(read["system"])


def test_the_real_smdebug_reads_every_step_in_order(read: dict[str, Any]) -> None:
    train = [step for step in read["steps"] if step[0] == "Step:ModeKeys.TRAIN"]
    evaluation = [step for step in read["steps"] if step[0] == "Step:ModeKeys.EVAL"]

    assert [int(number) for *_, number in train] == list(range(STEPS))
    assert [int(number) for *_, number in evaluation] == list(range(5))
    assert len(train) + len(evaluation) == len(read["steps"])
    assert all(name == phase for name, phase, *_ in read["steps"])
    assert all(node.startswith("algo-1-") for _, _, _, _, node, _ in train)
    assert read["step_rows"] == ["Step:ModeKeys.EVAL", "Step:ModeKeys.TRAIN"]


def test_a_step_lasts_until_the_next_one_begins(read: dict[str, Any]) -> None:
    lasting = {int(step[5]): float(step[3]) / 1e6 for step in read["steps"] if step[0].endswith("TRAIN")}

    assert all(lasting[number] >= 0.6 for number in PAUSES)
    assert statistics.median(lasting.values()) < 0.3  # the others, even on a busy machine


def test_the_rules_find_the_pauses_while_the_platform_runs_them(
    profiled: dict[str, Any], written: Callable[[str], str]
) -> None:
    (rule,) = profiled["rules"]
    found = [json.loads(line) for line in written("findings.jsonl").splitlines()]
    outliers = json.loads(written("profiler-output/profiler-reports/StepOutlier.json"))

    assert (rule["RuleConfigurationName"], rule["RuleEvaluationStatus"]) == ("Report", "IssuesFound")
    assert "processing-job/" in rule["RuleEvaluationJobArn"]
    assert {finding["Message"].partition(":")[0] for finding in found} == {"StepOutlier"}
    (kinds,) = outliers["Details"]["step_details"].values()
    # A busy machine adds further ones.
    assert set(kinds["Step:ModeKeys.TRAIN"]["step_numbers"]) >= PAUSES


def test_the_report_says_what_was_found(written: Callable[[str], str]) -> None:
    page = written("profiler-output/profiler-report.html")

    assert '<span class="bad">StepOutlier</span> found something on 1 host' in page
    assert "slow training steps cost" in page
