"""Events of an evaluator reach the server in order; user code can send events of its own rule only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from clary.host.client.service import ServiceError
from clary.host.errors import Gone
from clary.host.rules.rule_events import BATCH, FINDINGS, MAX_LINE_BYTES, MOST_TOLD, RuleEvents
from clary.host.workloads.evaluation import stop_training

HOST = "digits/rules-1"


class Server:
    """As much of the endpoint as is asked here; keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.batches: list[int] = []
        self.job_status = "InProgress"
        self.stop: list[str] = []
        self.running: list[str] = []
        self.stopped: list[str] = []
        self.refuses = False

    def operation(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        assert (name, request["Host"]) == ("ReportRules", HOST)
        if self.refuses:
            raise ServiceError(404, "ResourceNotFound", "there is no job digits")
        assert request["First"] == len(self.told)
        self.told += request["Events"]
        self.batches.append(len(request["Events"]))
        return {"JobStatus": self.job_status, "Stop": self.stop}

    def sagemaker(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        if name == "StopTrainingJob":
            self.stopped.append(request["TrainingJobName"])
            return {}
        assert (name, request["StatusEquals"]) == ("ListTrainingJobs", "InProgress")
        return {"TrainingJobSummaries": [{"TrainingJobName": found} for found in self.running]}


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def events(server: Server, tmp_path: Path) -> RuleEvents:
    for name in ("ml", "work"):
        (tmp_path / name).mkdir()
    return RuleEvents(
        server,  # type: ignore[arg-type]
        HOST,
        ["A", "B"],
        root=tmp_path / "ml",
        output=tmp_path / "work",
        attempt=0,
    )


def write(tmp_path: Path, *lines: dict[str, Any] | str) -> None:
    with (tmp_path / "ml" / FINDINGS).open("a") as file:
        for line in lines:
            file.write(line if isinstance(line, str) else json.dumps(line) + "\n")


def finding(step: int, name: str = "A") -> dict[str, Any]:
    return {"Kind": "Finding", "RuleConfigurationName": name, "Step": step, "Tensor": "t", "Message": "m"}


def status(value: str, name: str = "A") -> dict[str, Any]:
    return {
        "Kind": "Status",
        "RuleConfigurationName": name,
        "RuleEvaluationStatus": value,
        "StatusDetails": "",
        "LastModifiedTime": 1_790_000_000.0,
    }


def nothing(_event: dict[str, Any]) -> None:
    pass


def test_lines_go_on_in_order_and_a_line_that_is_not_whole_waits(
    events: RuleEvents, server: Server, tmp_path: Path
) -> None:
    write(tmp_path, finding(1), finding(2), '{"Kind": "Finding", "RuleConfig')
    events.follow(nothing)
    write(tmp_path, 'urationName": "A", "Step": 3, "Tensor": "t", "Message": "m"}\n')
    events.follow(nothing)

    assert [event["Step"] for event in server.told] == [1, 2, 3]


def test_every_finding_is_kept_in_the_rules_folder(events: RuleEvents, tmp_path: Path) -> None:
    write(tmp_path, *(finding(step) for step in range(MOST_TOLD + 50)))

    events.follow(nothing, everything=True)

    kept = (tmp_path / "work/A/findings.jsonl").read_text().splitlines()
    assert [json.loads(line)["Step"] for line in kept] == list(range(MOST_TOLD + 50))


def test_the_server_is_told_so_many_and_where_the_rest_is(
    events: RuleEvents, server: Server, tmp_path: Path
) -> None:
    write(tmp_path, *(finding(step) for step in range(MOST_TOLD + 50)))

    events.follow(nothing, everything=True)

    assert sum(event["Kind"] == "Finding" for event in server.told) == MOST_TOLD - 1
    assert [event["Kind"] for event in server.told].count("Log") == 1
    assert max(server.batches) == BATCH


def test_a_rule_is_unfinished_until_its_last_word(events: RuleEvents, tmp_path: Path) -> None:
    write(tmp_path, status("InProgress"), status("IssuesFound", "B"))
    events.follow(nothing)

    assert events.unfinished == ["A"]


def test_actions_are_done_before_they_are_told(events: RuleEvents, server: Server, tmp_path: Path) -> None:
    done: list[int] = []
    action = {"Kind": "Action", "RuleConfigurationName": "A", "RuleName": "R", "Action": "email"}
    write(tmp_path, {**action, "Target": "x"})

    events.follow(lambda _event: done.append(len(server.told)))

    assert done == [0]
    assert [event["Kind"] for event in server.told] == ["Action"]


@pytest.mark.parametrize(
    "forged",
    [
        finding(1, "C"),
        finding(1, "../../etc"),
        "not JSON\n",
        "[1, 2]\n",
        json.dumps({"RuleConfigurationName": "A"}) + "\n",
        {**status("Error"), "LastModifiedTime": 1e300},
        {**status("Error"), "RuleEvaluationStatus": ["Error"]},
        {**finding(1), "Message": None},
        {**finding(1), "Message": "m" * MAX_LINE_BYTES},
        "[" * 50_000 + "\n",
    ],
)
def test_what_is_no_word_of_its_own_rules_is_passed_over(
    events: RuleEvents, server: Server, tmp_path: Path, forged: dict[str, Any] | str
) -> None:
    write(tmp_path, forged, finding(2))

    events.follow(nothing)

    assert [event.get("Step") for event in server.told] == [2]
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["A"]


def test_a_link_in_the_files_place_is_not_followed(
    events: RuleEvents, server: Server, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(json.dumps(finding(1)) + "\n")
    os.symlink(secret, tmp_path / "ml" / FINDINGS)

    events.follow(nothing)

    assert server.told == []


def test_the_job_and_the_wish_to_stop_are_heard_in_the_answer(
    events: RuleEvents, server: Server, tmp_path: Path
) -> None:
    server.job_status, server.stop = "Completed", ["A", "B"]
    write(tmp_path, status("Error", "B"))

    events.follow(nothing)

    assert events.job_status == "Completed"
    assert events.unwanted == ["A"]


def test_a_server_that_wants_no_more_ends_it(events: RuleEvents, server: Server, tmp_path: Path) -> None:
    server.refuses = True
    write(tmp_path, finding(1))

    with pytest.raises(Gone):
        events.follow(nothing)

    assert events.gone


@pytest.mark.parametrize("prefix", ["", "digits"])
def test_the_job_itself_is_stopped_though_others_begin_with_its_name(server: Server, prefix: str) -> None:
    server.running = ["digits", "digits-2"]

    said = stop_training(server, "digits", prefix)  # type: ignore[arg-type]

    assert server.stopped == ["digits"]
    assert said.startswith("The training job digits is being stopped")


def test_the_one_job_of_a_prefix_is_stopped(server: Server) -> None:
    server.running = ["other-1", "my-other-2"]

    stop_training(server, "digits", "other")  # type: ignore[arg-type]

    assert server.stopped == ["other-1"]


@pytest.mark.parametrize("running", [[], ["other-1", "other-2"]])
def test_none_is_stopped_where_it_is_not_clear_which(server: Server, running: list[str]) -> None:
    server.running = running

    said = stop_training(server, "digits", "other")  # type: ignore[arg-type]

    assert server.stopped == []
    assert said == f"No training job was stopped: {len(running)} running jobs begin with 'other', not one."
