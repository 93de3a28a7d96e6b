from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from clary.cli.job_models import code_to_send, inference_image, model_of_job, served_functions

REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
JOB: dict[str, Any] = {
    "TrainingJobName": "digits",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/digits",
    "TrainingJobStatus": "Completed",
    "AlgorithmSpecification": {"TrainingImage": "pytorch-training:2.6"},
    "RoleArn": "arn:aws:iam::111122223333:role/Worker",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/digits/model.tar.gz"},
    "HyperParameters": {
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": '"s3://bucket/sourcedir.tar.gz"',
    },
}


def made(job: dict[str, Any] = JOB, **wishes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"image": None, "code": None, "variables": {}, "role": None, **wishes}
    return model_of_job(job, "digits-1", **said)


@pytest.mark.parametrize(
    ("training", "inference"),
    [
        (f"{REGISTRY}/pytorch-training:2.6-cpu-py312", f"{REGISTRY}/pytorch-inference:2.6-cpu-py312"),
        ("mxnet-training:1.9.1", "mxnet-inference:1.9.1"),
        ("sagemaker-xgboost:1.7-1", "sagemaker-xgboost:1.7-1"),
        ("pytorch", "pytorch"),
    ],
)
def test_an_image_that_trains_has_one_that_serves(training: str, inference: str) -> None:
    assert inference_image(training) == inference


def test_a_model_is_that_of_the_job_with_its_role_and_its_own_script() -> None:
    request = made()

    container = request["PrimaryContainer"]
    assert (request["ModelName"], request["ExecutionRoleArn"]) == ("digits-1", JOB["RoleArn"])
    assert (container["Image"], container["ModelDataUrl"]) == (
        "pytorch-inference:2.6",
        "s3://bucket/digits/model.tar.gz",
    )
    assert container["Environment"]["SAGEMAKER_PROGRAM"] == "train.py"
    assert container["Environment"]["SAGEMAKER_SUBMIT_DIRECTORY"] == "s3://bucket/sourcedir.tar.gz"


def test_what_the_user_says_comes_first() -> None:
    request = made(
        image="python", code=("s3://b/c", "inference.py"), variables={"A": "1"}, role="arn:aws:iam::1:role/r"
    )

    container = request["PrimaryContainer"]
    assert (container["Image"], request["ExecutionRoleArn"]) == ("python", "arn:aws:iam::1:role/r")
    assert container["Environment"]["SAGEMAKER_PROGRAM"] == "inference.py"
    assert container["Environment"]["A"] == "1"


def test_a_model_may_have_no_code() -> None:
    assert "SAGEMAKER_PROGRAM" not in made(code=("", ""))["PrimaryContainer"]["Environment"]
    assert "SAGEMAKER_PROGRAM" not in made({**JOB, "HyperParameters": {}})["PrimaryContainer"]["Environment"]


@pytest.mark.parametrize(
    ("status", "words"),
    [("InProgress", "is InProgress and has no model yet"), ("Failed", "is Failed and has left no model")],
)
def test_a_job_without_a_model_ends_the_command(
    status: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    job = {member: value for member, value in JOB.items() if member != "ModelArtifacts"}

    with pytest.raises(typer.Exit):
        made({**job, "TrainingJobStatus": status})
    assert f"digits {words}" in capsys.readouterr().err


def test_code_is_a_script_or_a_folder_with_inference_py(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "serve_it.py"
    script.write_text("")

    assert code_to_send(None) is None
    assert code_to_send(script) == (tmp_path, "serve_it.py", False)
    with pytest.raises(typer.Exit):
        code_to_send(tmp_path)
    assert "has no inference.py" in capsys.readouterr().err
    (tmp_path / "inference.py").write_text("")
    assert code_to_send(tmp_path) == (tmp_path, "inference.py", True)
    with pytest.raises(typer.Exit):
        code_to_send(tmp_path / "nowhere")
    assert "nowhere is neither a script nor a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "serves"),
    [
        (b"def model_fn(model_dir):\n    return 1\n", True),
        (b"import torch\nprint('trains')\n", False),
        (b"class A:\n    def model_fn(self): ...\n", False),
        (b"def broken(:\n", False),
        (b"\x00", False),
        (b"", False),
    ],
)
def test_a_script_serves_when_it_has_a_function_of_the_contract(script: bytes, serves: bool) -> None:
    assert served_functions(script) is serves
