"""The environment variables of user code."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.host.conftest import make_spec
from tests.host.standin import Standin

from clary.domain.hosts import EnvironmentSpec
from clary.host.user_process.variables import UserPaths, variables_of


@pytest.mark.parametrize(
    ("own", "image", "found"),
    [({}, {}, "PASSIVE"), ({}, {"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE"), ({"OMP_WAIT_POLICY": ""}, {}, "")],
)
def test_waiting_threads_leave_the_processors_to_other_jobs_unless_the_user_decides(
    standin: Standin, tmp_path: Path, own: dict[str, str], image: dict[str, str], found: str
) -> None:
    environment = EnvironmentSpec(name="made-up:1", prefix=str(tmp_path), variables=image)

    variables = variables_of(make_spec(standin, variables=own), environment, UserPaths(), noun="TRAINING")

    assert variables["OMP_WAIT_POLICY"] == found
    assert variables["TRAINING_JOB_NAME"]
