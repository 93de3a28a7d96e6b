"""The sagemaker SDK reports how a job ended: failed with its script's error, stopped, or timed out."""

from __future__ import annotations

from typing import Any

import pytest
from tests.journeys.clients import Client


@pytest.fixture(scope="module")
def outcomes(v2: Client) -> dict[str, Any]:
    """What the client saw of three jobs."""
    seen: dict[str, Any] = v2.run("outcomes.py", timeout_s=900.0)
    return seen


def test_fit_raises_with_the_scripts_own_message(outcomes: dict[str, Any]) -> None:
    assert "ValueError: the learning rate must not be 42" in outcomes["raised"]
    assert outcomes["failed"]["status"] == "Failed"


def test_a_stopped_job_is_stopped(outcomes: dict[str, Any]) -> None:
    assert outcomes["stopped"]["status"] == "Stopped"


def test_a_job_over_its_time_says_so(outcomes: dict[str, Any]) -> None:
    assert (outcomes["late"]["status"], outcomes["late"]["secondary"]) == ("Stopped", "MaxRuntimeExceeded")
