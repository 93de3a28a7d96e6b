"""What the variables of a host say to its serving program."""

from __future__ import annotations

import pytest

from clary.host.injected.serving.clary_serving.settings import MOST_WORKERS, ServingSettings


def test_there_is_a_worker_for_each_vcpu_unless_the_user_says_otherwise() -> None:
    assert ServingSettings({"SM_NUM_CPUS": "3"}).workers == 3
    assert ServingSettings({"SM_NUM_CPUS": "3", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}).workers == 2
    assert ServingSettings({"SAGEMAKER_MODEL_SERVER_WORKERS": "999999"}).workers == MOST_WORKERS
    assert ServingSettings({"SAGEMAKER_MODEL_SERVER_WORKERS": "-1"}).workers == 1


def test_a_number_that_is_none_is_told_by_its_variable() -> None:
    with pytest.raises(SystemExit, match="SAGEMAKER_MODEL_SERVER_WORKERS is 'many'; it should be a number"):
        ServingSettings({"SAGEMAKER_MODEL_SERVER_WORKERS": "many"})


@pytest.mark.parametrize(("given", "found"), [("4", "2"), ("3", "3"), (None, None)])
def test_workers_share_the_processors_unless_the_user_has_set_threads(
    given: str | None, found: str | None
) -> None:
    environ = {"SM_NUM_CPUS": "4", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
    if given is not None:
        environ["OMP_NUM_THREADS"] = given

    ServingSettings(environ).share_processors(environ)

    assert environ.get("OMP_NUM_THREADS") == found
