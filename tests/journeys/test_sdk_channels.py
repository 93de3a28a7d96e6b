"""The sagemaker SDK's channels and checkpoints, on two hosts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.journeys.clients import Client

ALL = {f"part-{number}": str(number) for number in range(4)}


@pytest.fixture(scope="module")
def seen(v2: Client) -> dict[str, Any]:
    found: dict[str, Any] = v2.run("channels_and_checkpoints.py", timeout_s=900.0)
    return found


def test_file_and_fastfile_channels_have_every_object_on_every_host(seen: dict[str, Any]) -> None:
    assert [host["host"] for host in seen["first"]] == ["algo-1", "algo-2"]
    for host in seen["first"]:
        assert host["channels"]["whole"] == ALL
        assert host["channels"]["fast"] == ALL


def test_a_sharded_channel_is_shared_out_over_the_hosts(seen: dict[str, Any]) -> None:
    one, two = (host["channels"]["sharded"] for host in seen["first"])

    assert len(one) == len(two) == 2
    assert {**one, **two} == ALL


def test_a_second_job_goes_on_from_the_checkpoints_of_the_first(seen: dict[str, Any]) -> None:
    assert [host["runs"] for host in seen["first"]] == [1, 1]
    assert [host["runs"] for host in seen["second"]] == [2, 2]
