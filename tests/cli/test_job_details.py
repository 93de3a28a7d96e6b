"""What ``clary show`` says of interruptions and warm pools."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from clary.cli.job_details import details_of
from clary.cli.job_kinds import TRAINING

AT = datetime(2026, 11, 28, 5, 0, tzinfo=UTC)


def lines(title: str, **members: Any) -> list[str]:
    job: dict[str, Any] = {
        "AlgorithmSpecification": {"TrainingImage": "python:3.11"},
        "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": AT, "StatusMessage": "Starting"}],
        **members,
    }
    return [text for name, text in details_of(TRAINING, job) if name == title and text]


def test_each_interruption_is_told_with_its_reason() -> None:
    said = "Training job interrupted, because a job needs its part; it goes on from its checkpoints"
    step = {"Status": "Interrupted", "StartTime": AT, "StatusMessage": said}

    found = lines("interrupted", SecondaryStatusTransitions=[step, step])

    assert (
        found
        == [f"{AT.astimezone():%Y-%m-%d %H:%M:%S} a job needs its part; it goes on from its checkpoints"] * 2
    )


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ({}, []),
        ({"Status": "InUse"}, ["InUse"]),
        (
            {"Status": "Reused", "ReusedByJob": "next", "ResourceRetainedBillableTimeInSeconds": 18},
            ["Reused by next after 18 s"],
        ),
    ],
)
def test_the_warm_pool_is_told(pool: dict[str, Any], said: list[str]) -> None:
    assert lines("warm pool", WarmPoolStatus=pool) == said
