"""What environments carry of ours: the SM_* surroundings for scripts, and the built-in XGBoost's settings."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import clary.compute.environments
from clary.compute.environments.algorithms.xgboost_settings import BadSetting, read_settings

HERE = Path(clary.compute.environments.__file__).parent
SCRIPT_MODE = HERE / "shims" / "script_mode"

VARIABLES = {
    "SM_MODEL_DIR": "/opt/ml/model",
    "SM_HOSTS": '["algo-1", "algo-2"]',
    "SM_CURRENT_HOST": "algo-2",
    "SM_CHANNELS": '["training"]',
    "SM_CHANNEL_TRAINING": "/opt/ml/input/data/training",
    "SM_HPS": '{"epochs": 3}',
    "SM_NUM_GPUS": "0",
    "SM_USER_ARGS": '["--epochs", "3"]',
}


def _in_a_job(code: str) -> str:
    environ = {**VARIABLES, "PYTHONPATH": str(SCRIPT_MODE)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "made",
    [
        "from sagemaker_training import environment; env = environment.Environment()",
        "import sagemaker_containers; env = sagemaker_containers.training_env()",
        "from sagemaker_containers.beta.framework.env import training_env; env = training_env()",
    ],
)
def test_scripts_find_their_surroundings_under_every_name(made: str) -> None:
    said = _in_a_job(
        f"import json; {made}\n"
        "print(json.dumps([env.model_dir, env['hosts'], env.channel_input_dirs, env.hyperparameters,"
        "env.num_gpus, env.is_master, env.to_cmd_args(), 'current_host' in dict(env)]))"
    )

    assert json.loads(said) == [
        "/opt/ml/model",
        ["algo-1", "algo-2"],
        {"training": "/opt/ml/input/data/training"},
        {"epochs": 3},
        0,
        False,
        ["--epochs", "3"],
        True,
    ]


def test_an_attribute_that_is_not_there_is_named() -> None:
    code = "from sagemaker_training.environment import Environment\ntry: Environment().colour\n"

    assert "'colour'" in _in_a_job(code + "except AttributeError as error: print(error)")


@pytest.mark.parametrize(
    "path", sorted((HERE / "shims").rglob("*.py")) + sorted((HERE / "algorithms").glob("*.py"))
)
def test_what_runs_in_jobs_keeps_to_the_oldest_python(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 8))


def test_settings_are_typed_and_those_of_the_trainer_kept_apart() -> None:
    settings = read_settings(
        {"num_round": "5", "max_depth": '"3"', "eta": "0.2", "eval_metric": "rmse,mae", "silent": "0"}
    )

    assert settings.num_round == 5
    assert settings.parameters == {
        "max_depth": 3,
        "eta": 0.2,
        "objective": "reg:squarederror",
        "eval_metric": ["rmse", "mae"],
    }


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "num_round is missing"),
        ({"num_round": "0"}, "num_round is 0; it must be at least 1"),
        ({"num_round": "x"}, "it must be a whole number"),
        ({"num_round": "1", "eta": "2"}, "eta is 2; it must be from 0 to 1"),
        ({"num_round": "1", "max_dept": "2"}, "did you mean max_depth"),
        ({"num_round": "1", "booster": "tree"}, "it can be gbtree, gblinear, dart"),
        ({"num_round": "1", "objective": "multi:softmax"}, "needs the hyperparameter num_class"),
    ],
)
def test_a_setting_that_cannot_be_is_told_what_it_may_be(said: dict[str, str], problem: str) -> None:
    with pytest.raises(BadSetting, match=problem):
        read_settings(said)
