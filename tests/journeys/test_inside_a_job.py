"""What user code can and cannot see in its host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Clients, Server


@pytest.fixture(scope="module")
def found(jobs: Jobs, server: Server) -> dict[str, Any]:
    """What ``looking.py`` saw."""
    jobs.upload("facts/answer.txt", b"42")
    job = jobs.run(
        "looking.py",
        hyperparameters={
            "state": str(server.home),
            "user-home": str(Path.home()),
            "bucket": jobs.bucket,
            "key": "facts/answer.txt",
            "learning-rate": 0.1,
            "layers": [64, 10],
        },
        Environment={"MY_WISH": "granted"},
    )
    answer: dict[str, Any] = jobs.printed(job["TrainingJobName"])
    return answer


def test_the_host_is_called_algo_1_and_finds_itself(found: dict[str, Any]) -> None:
    assert found["host"] == "algo-1"
    assert found["resources"]["hosts"] == ["algo-1"]
    assert found["resolved"][0].startswith("127.")


def test_boto3_reads_the_data_with_the_roles_credentials(found: dict[str, Any]) -> None:
    assert found["object"] == "42"
    assert "assumed-role/ClaryExecutionRole/" in found["identity"]


def test_sts_under_its_own_address_reaches_the_same_server(found: dict[str, Any]) -> None:
    assert found["explicit_identity"] == found["identity"]


def test_the_servers_state_and_the_users_home_are_not_there(found: dict[str, Any], server: Server) -> None:
    assert (server.home / "credentials.json").exists()
    assert found["state"] == "FileNotFoundError"
    # Of the home, only the folders above the environment and its interpreter exist.
    assert not {".ssh", ".aws", ".config", ".bashrc", ".profile", ".netrc"} & set(found["user_home"])
    assert found["secrets"] == []
    assert found["processes"] < 8


def test_hyperparameters_arrive_as_arguments_files_and_variables(found: dict[str, Any]) -> None:
    arguments = found["arguments"]
    assert arguments[arguments.index("--learning-rate") + 1] == "0.1"
    assert json.loads(arguments[arguments.index("--layers") + 1]) == [64, 10]
    assert found["hyperparameters"]["learning-rate"] == "0.1"
    assert json.loads(found["variables"]["SM_HPS"])["learning-rate"] == 0.1
    assert found["variables"]["SM_HP_LEARNING-RATE"] == "0.1"


def test_variables_of_the_request_and_of_script_mode_are_set(found: dict[str, Any]) -> None:
    variables = found["variables"]
    assert variables["MY_WISH"] == "granted"
    assert variables["SM_CURRENT_HOST"] == "algo-1"
    assert variables["SM_MODEL_DIR"] == "/opt/ml/model"
    assert json.loads(variables["SM_TRAINING_ENV"])["hosts"] == ["algo-1"]


def test_a_role_that_may_not_read_the_data_fails_the_job_by_name(jobs: Jobs, root: Clients) -> None:
    role = unique_name("role")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    allowed = {
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"arn:aws:s3:::{jobs.bucket}/*/source/*",
    }
    iam = root("iam")
    arn = iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=role,
        PolicyName="code-only",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    jobs.upload("secret/data.csv", b"1,2,3")
    as_root = Jobs(root, jobs.bucket, arn)

    job = as_root.run("reading.py", expect="Failed", inputs={"train": f"s3://{jobs.bucket}/secret/"})

    assert role in job["FailureReason"]
    assert f"{jobs.bucket}/secret" in job["FailureReason"]
    assert job["FailureReason"].startswith("ClientError")


def test_a_role_that_nobody_has_made_is_refused(jobs: Jobs) -> None:
    request = jobs.request("counting.py") | {"RoleArn": jobs.role_arn.replace("ClaryExecutionRole", "Nobody")}

    with pytest.raises(Exception, match="Nobody"):
        jobs.submit(request)


def test_a_job_may_do_no_more_than_its_role(jobs: Jobs, root: Clients) -> None:
    role = unique_name("narrow")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    allowed = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{jobs.bucket}/*",
    }
    denied = {"Effect": "Deny", "Action": "s3:*", "Resource": f"arn:aws:s3:::{jobs.bucket}/forbidden/*"}
    iam = root("iam")
    arn = iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=role,
        PolicyName="narrow",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed, denied]}),
    )
    jobs.upload("forbidden/answer.txt", b"42")
    as_root = Jobs(root, jobs.bucket, arn)

    job = as_root.run(
        "looking.py", expect="Failed", hyperparameters={"bucket": jobs.bucket, "key": "forbidden/answer.txt"}
    )

    assert "AccessDenied" in job["FailureReason"]
