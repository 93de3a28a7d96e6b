"""Rules over a trial and a profile on S3, read with boto3 from a Clary server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.debugger.rules.test_job import HEALTHY, VANISHED, lines, rule, statuses
from tests.debugger.rules.test_profile_source import MINUTE, write_system, write_timeline
from tests.debugger.rules.trials import a_training
from tests.journeys.server import Server

from clary.debugger.rules import EventFile, TrialSource, evaluate_job
from clary.debugger.rules.profile_files import open_profile_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"))
    server.start()
    client = server.session(root=True)("s3")
    client.create_bucket(Bucket="rules")
    yield client
    server.stop()


def upload(s3: Any, root: Path, prefix: str) -> str:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            s3.put_object(Bucket="rules", Key=f"{prefix}/{path.relative_to(root)}", Body=path.read_bytes())
    return f"s3://rules/{prefix}"


def test_trial_and_profile_are_evaluated_on_s3(tmp_path: Path, s3: Any) -> None:
    a_training(tmp_path / "trial", HEALTHY, VANISHED)
    write_system(tmp_path / "profile", MINUTE, 0.5, 1.0)
    write_timeline(tmp_path / "profile", 50.0)
    rules = {
        "DebugRuleConfigurations": [rule("VanishingGradient")],
        "ProfilerRuleConfigurations": [rule("ProfilerReport")],
    }

    with EventFile(tmp_path / "findings.jsonl") as events:
        evaluate_job(
            rules,
            events,
            output=tmp_path / "out",
            trial=upload(s3, tmp_path / "trial", "job/debug-output"),
            profile=upload(s3, tmp_path / "profile", "job/profiler-output"),
            s3=s3,
        )

    assert statuses(lines(tmp_path), "VanishingGradient") == ["InProgress", "IssuesFound"]
    assert statuses(lines(tmp_path), "ProfilerReport") == ["InProgress", "NoIssuesFound"]


def test_what_an_earlier_job_of_the_same_name_has_saved_is_left_out(tmp_path: Path, s3: Any) -> None:
    a_training(tmp_path / "old", HEALTHY, VANISHED)
    write_system(tmp_path / "profile", MINUTE, 0.5, 1.0)
    trial = upload(s3, tmp_path / "old", "again/debug-output")
    profile = upload(s3, tmp_path / "profile", "again/profiler-output")
    listed = s3.list_objects_v2(Bucket="rules", Prefix="again/")["Contents"]
    since = max(each["LastModified"].timestamp() for each in listed) + 0.001

    assert list(open_profile_files(profile, s3=s3).list())
    assert list(open_profile_files(profile, s3=s3, since=since).list()) == []
    # The new job has saved one step so far, the old one had two.
    a_training(tmp_path / "new", HEALTHY)
    upload(s3, tmp_path / "new", "again/debug-output")

    assert [step.number for step in TrialSource(trial, s3=s3, since=since).poll()] == [0]


def test_tensors_read_at_one_step_are_loaded_with_one_request_at_the_next(tmp_path: Path, s3: Any) -> None:
    a_training(tmp_path / "many", *[{f"gradient/w{i}": np.ones(4) for i in range(20)}] * 2)
    counting = _Counting(s3)
    source = TrialSource(upload(s3, tmp_path / "many", "many"), s3=counting)

    requests = []
    for step in source.poll():
        before = counting.ranged_gets
        assert all(tensor.array is not None for tensor in step.tensors)
        requests.append(counting.ranged_gets - before)

    assert requests == [20, 1]


class _Counting:
    def __init__(self, client: Any) -> None:
        self._client = client
        self.ranged_gets = 0

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.ranged_gets += "Range" in request
            return getattr(self._client, name)(**request)

        return call
