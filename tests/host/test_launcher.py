"""The contract of script mode, run in the oldest Python there is here as well as in this one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clary.host.injected import launcher

LAUNCHER = launcher.__file__
DUMP = (
    "import json, os, sys; print(json.dumps({'argv': sys.argv, 'env': dict(os.environ), 'cwd': os.getcwd()}))"
)
OLDEST = shutil.which("python3.8")


class Host:
    """An /opt/ml of its own."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.code = base / "code"
        for folder in ("input/config", "input/data", "model", "output/data", "code"):
            (base / folder).mkdir(parents=True)
        self.configure(resourceconfig={"current_host": "algo-1", "hosts": ["algo-1"]})

    def configure(self, **files: Any) -> None:
        for name, content in files.items():
            (self.base / f"input/config/{name}.json").write_text(json.dumps(content))

    def script(self, name: str, text: str, /, **hyperparameters: Any) -> None:
        path = self.code / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.parameters(sagemaker_program=name, **hyperparameters)

    def parameters(self, **values: Any) -> None:
        self.configure(hyperparameters={name: json.dumps(value) for name, value in values.items()})

    def run(
        self, *arguments: str, python: str = sys.executable, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {"PATH": os.environ["PATH"], "SAGEMAKER_BASE_DIR": str(self.base)}
        return subprocess.run(
            [python, "-I", "-S", LAUNCHER, *arguments],
            env={**kept, **environ},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def dump(self, **environ: str) -> dict[str, Any]:
        """What the script sees."""
        done = self.run(**environ)
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    @property
    def failure(self) -> str:
        return (self.base / "output/failure").read_text()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "ml")


def test_hyperparameters_become_arguments_in_order_of_their_names(host: Host) -> None:
    host.script(
        "train.py",
        DUMP,
        epochs=3,
        lr=0.1,
        verbose=True,
        name="a b",
        layers=[1, 2],
        h={"b": 1, "a": 2},
        n=None,
    )

    assert host.dump()["argv"] == [
        "train.py", "--epochs", "3", "-h", "a=2,b=1", "--layers", "[1, 2]", "--lr", "0.1", "-n", "None",
        "--name", "a b", "--verbose", "True",
    ]  # fmt: skip


def test_a_value_that_is_not_json_is_taken_as_it_is(host: Host) -> None:
    host.script("train.py", DUMP)
    host.configure(hyperparameters={"sagemaker_program": "train.py", "optimizer": "adam"})

    assert host.dump()["argv"] == ["train.py", "--optimizer", "adam"]


def test_the_script_runs_in_the_code_folder_which_is_first_on_its_path(host: Host) -> None:
    host.script("train.py", DUMP)

    seen = host.dump(PYTHONPATH="/opt/other")

    assert seen["cwd"] == str(host.code)
    assert seen["env"]["PYTHONPATH"] == f"{host.code}:/opt/other"
    assert seen["env"]["PYTHONUNBUFFERED"] == "1"


def test_every_variable_of_the_contract_is_set(host: Host) -> None:
    host.script("train.py", DUMP, epochs=3, flag=True, sagemaker_region="eu-west-1", sagemaker_extra=1)
    groups = [
        {"instance_group_name": "cpu", "instance_type": "ml.m5.large", "hosts": ["algo-1"]},
        {"instance_group_name": "gpu", "instance_type": "ml.p3.2xlarge", "hosts": ["algo-2"]},
    ]
    resources = {
        "current_host": "algo-1",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "cpu",
        "hosts": ["algo-1", "algo-2"],
        "instance_groups": groups,
        "network_interface_name": "lo",
    }
    host.configure(resourceconfig=resources, inputdataconfig={"training": {"TrainingInputMode": "File"}})

    env = host.dump(SM_NUM_CPUS="2", SM_NUM_GPUS="0", SAGEMAKER_TRAINING_MODULE="m:main")["env"]

    base = str(host.base)
    expected = {
        "SM_HOSTS": '["algo-1","algo-2"]',
        "SM_CURRENT_HOST": "algo-1",
        "SM_CURRENT_INSTANCE_TYPE": "ml.m5.large",
        "SM_CURRENT_INSTANCE_GROUP": "cpu",
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": '["algo-1"]',
        "SM_INSTANCE_GROUPS": '["cpu","gpu"]',
        "SM_DISTRIBUTION_INSTANCE_GROUPS": "[]",
        "SM_IS_HETERO": "true",
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_HPS": '{"epochs":3,"flag":true}',
        "SM_HP_EPOCHS": "3",
        "SM_HP_FLAG": "true",
        "SM_USER_ARGS": '["--epochs","3","--flag","True"]',
        "SM_USER_ENTRY_POINT": "train.py",
        "SM_CHANNELS": '["training"]',
        "SM_CHANNEL_TRAINING": f"{base}/input/data/training",
        "SM_MODEL_DIR": f"{base}/model",
        "SM_OUTPUT_DATA_DIR": f"{base}/output/data",
        "SM_OUTPUT_DIR": f"{base}/output",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{base}/output/intermediate",
        "SM_INPUT_DIR": f"{base}/input",
        "SM_INPUT_CONFIG_DIR": f"{base}/input/config",
        "SM_INPUT_DATA_CONFIG": '{"training":{"TrainingInputMode":"File"}}',
        "SM_MODULE_DIR": str(host.code),
        "SM_MODULE_NAME": "train",
        "SM_FRAMEWORK_MODULE": "m:main",
        "SM_FRAMEWORK_PARAMS": '{"sagemaker_extra":1}',
        "SM_LOG_LEVEL": "20",
        "SM_NUM_CPUS": "2",
        "SM_NUM_GPUS": "0",
        "SM_NUM_NEURONS": "0",
    }
    assert {name: env.get(name) for name in expected} == expected
    assert json.loads(env["SM_RESOURCE_CONFIG"]) == resources
    assert json.loads(env["SM_INSTANCE_GROUPS_DICT"])["gpu"] == groups[1]
    training_env = json.loads(env["SM_TRAINING_ENV"])
    assert training_env["hyperparameters"] == {"epochs": 3, "flag": True}
    assert training_env["channel_input_dirs"] == {"training": f"{base}/input/data/training"}
    assert env["MASTER_ADDR"] == "algo-1"


@pytest.mark.skipif(OLDEST is None, reason="needs python3.8 on PATH")
def test_it_runs_in_python_3_8(host: Host) -> None:
    assert OLDEST is not None
    host.script("train.py", "import sys; print(sys.version_info[:2], sys.argv[1:])", epochs=3)

    done = host.run(python=OLDEST)

    if "No version is set" in done.stderr or "not found" in done.stderr:
        pytest.skip("python3.8 is a shim without a Python behind it")
    assert done.stdout == "(3, 8) ['--epochs', '3']\n", done.stderr


def test_the_exit_code_of_the_script_is_the_launchers(host: Host) -> None:
    host.script("train.py", "raise SystemExit(7)")

    assert host.run().returncode == 7


def test_a_shell_script_gets_its_arguments_whole(host: Host) -> None:
    host.script("train.sh", 'echo "$1|$2|$SM_HP_NAME"', name="a 'b' $c")

    assert host.run().stdout == "--name|a 'b' $c|a 'b' $c\n"


@pytest.mark.parametrize("text", ["#!/bin/sh\r\necho x\r\n", "echo x\r\n"])
def test_a_shell_script_with_windows_line_ends_says_so(host: Host, text: str) -> None:
    host.script("train.sh", "")
    (host.code / "train.sh").write_bytes(text.encode())

    assert host.run().returncode == 1
    assert host.failure.startswith("The entry point 'train.sh' has the line ends of Windows (CRLF)")
    assert host.failure.endswith("sed -i 's/\\r$//' train.sh")


@pytest.mark.parametrize("line", ["#!/no/such/bash", "#! /no/such/bash -e"])
def test_a_script_whose_interpreter_is_not_there_says_so(host: Host, line: str) -> None:
    host.script("train.sh", f"{line}\necho x")

    assert host.run().returncode == 1
    assert host.failure.startswith("The entry point 'train.sh' asks in its first line for /no/such/bash")


@pytest.mark.parametrize("line", ["#!/usr/bin/env bash", "#! /bin/sh -e", "# no interpreter", "#!"])
def test_a_script_names_its_interpreter_or_none(host: Host, line: str) -> None:
    host.script("train.sh", f"{line}\necho x")

    assert host.run().stdout == "x\n"


def test_the_objective_of_a_tuning_job_is_no_argument(host: Host) -> None:
    """AWS adds it to the hyperparameters of a trial, and a script does not know it."""
    host.script("train.py", DUMP, epochs=3, _tuning_objective_metric="validation:loss")

    said = host.dump()

    assert said["argv"][1:] == ["--epochs", "3"]
    assert json.loads(said["env"]["SM_HPS"]) == {"epochs": 3}


def test_a_hyperparameter_with_an_equals_sign_is_an_argument_and_no_variable(host: Host) -> None:
    host.script("train.py", DUMP, **{"a=b": 1, "c": 2})

    seen = host.dump()

    assert seen["argv"][1:] == ["--a=b", "1", "-c", "2"]
    assert seen["env"]["SM_HP_C"] == "2"
    assert not any(name.startswith("SM_HP_A") for name in seen["env"])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("a\0b", 1, "NUL"), ("a", "x\0y", "NUL"), ("a", "x\ud800", "no text"), ("sagemaker_x", "\0", "NUL")],
)
def test_a_hyperparameter_that_no_argument_can_hold_is_named(
    host: Host, name: str, value: object, words: str
) -> None:
    host.script("train.py", "", **{name: value})

    assert host.run().returncode == 1
    assert host.failure.startswith(f"The hyperparameter {name!r}")
    assert words in host.failure


@pytest.mark.parametrize("program", ["package", "package.train"])
def test_a_module_or_package_runs_by_its_name(host: Host, program: str) -> None:
    host.script("package/__main__.py", "import sys; print('main', sys.argv[1:])")
    host.script("package/train.py", "import sys; print('main', sys.argv[1:])")
    host.parameters(sagemaker_program=program, epochs=1)

    assert host.run().stdout == "main ['--epochs', '1']\n"


def test_a_missing_script_is_named_with_what_there_is(host: Host) -> None:
    host.script("train.py", "")
    host.parameters(sagemaker_program="trian.py")

    assert host.run().returncode == 1
    assert host.failure == "The entry point 'trian.py' is not in the source directory, which has: train.py"


def test_the_command_is_recorded_for_a_failures_reason(host: Host, tmp_path: Path) -> None:
    host.script("train.py", "", epochs=1)

    host.run(CLARY_RUN_DIR=str(tmp_path))

    assert json.loads((tmp_path / "command.json").read_text())[1:] == ["train.py", "--epochs", "1"]


def test_a_builtin_algorithm_runs_without_arguments(host: Host, tmp_path: Path) -> None:
    (tmp_path / "algorithm.py").write_text(DUMP)
    host.parameters(epochs=3)

    done = host.run("--algorithm", str(tmp_path / "algorithm.py"))

    seen = json.loads(done.stdout)
    assert seen["argv"] == [str(tmp_path / "algorithm.py")]
    assert seen["env"]["SM_HP_EPOCHS"] == "3"


def test_a_submit_directory_on_this_host_is_copied(host: Host, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/train.py").write_text("print('copied')")
    host.parameters(sagemaker_program="train.py", sagemaker_submit_directory=f"file://{tmp_path}/mine")

    assert host.run().stdout == "copied\n"


def test_an_archive_that_is_in_no_channel_says_where_it_should_be(host: Host, tmp_path: Path) -> None:
    (tmp_path / "sourcedir.tar.gz").write_bytes(b"")
    host.parameters(
        sagemaker_program="train.py", sagemaker_submit_directory=str(tmp_path / "sourcedir.tar.gz")
    )

    assert host.run().returncode == 1
    assert "Give the archive as s3://bucket/key, or as a file of a channel" in host.failure


# Distribution settings


def two_hosts(host: Host, current: str = "algo-2") -> None:
    host.configure(resourceconfig={"current_host": current, "hosts": ["algo-1", "algo-2"]})


@pytest.mark.parametrize("setting", ["sagemaker_torch_distributed_enabled", "sagemaker_pytorch_ddp_enabled"])
def test_torch_distributed_goes_through_torchrun_over_all_hosts(host: Host, setting: str) -> None:
    (host.code / "torch/distributed").mkdir(parents=True)
    (host.code / "torch/__init__.py").write_text("")
    (host.code / "torch/distributed/__init__.py").write_text("")
    (host.code / "torch/distributed/run.py").write_text("import sys; print(sys.argv[1:])")
    host.script("train.py", "", epochs=1, **{setting: True})
    two_hosts(host)

    arguments = eval(host.run(TRAINING_JOB_ARN="arn:x", MASTER_PORT="7777").stdout)

    assert arguments == [
        "--nnodes", "2", "--nproc_per_node", "1", "--node_rank", "1", "--master_addr", "algo-1",
        "--master_port", "7777", "train.py", "--epochs", "1",
    ]  # fmt: skip


def test_two_jobs_get_two_ports_and_all_hosts_of_one_the_same(host: Host) -> None:
    host.script("train.py", DUMP)

    ports = [host.dump(TRAINING_JOB_ARN=arn)["env"]["MASTER_PORT"] for arn in ("arn:a", "arn:a", "arn:b")]

    assert ports[0] == ports[1] != ports[2]


def test_mpi_without_mpirun_says_what_is_missing(host: Host, tmp_path: Path) -> None:
    host.script("train.py", "", sagemaker_mpi_enabled=True)

    assert host.run(PATH=str(tmp_path)).returncode == 1
    assert "needs mpirun" in host.failure


def test_mpi_runs_as_many_processes_as_asked(host: Host, tmp_path: Path) -> None:
    (tmp_path / "mpirun").write_text('#!/bin/sh\necho "$@"')
    (tmp_path / "mpirun").chmod(0o755)
    host.script("train.py", "", sagemaker_mpi_enabled=True, sagemaker_mpi_num_of_processes_per_host=4)

    words = host.run(PATH=f"{tmp_path}:{os.environ['PATH']}").stdout.split()

    assert words[:2] == ["-np", "4"]
    assert words[-1] == "train.py"


def test_smdistributed_is_refused_with_the_alternative(host: Host) -> None:
    host.script("train.py", "", sagemaker_distributed_dataparallel_enabled=True)

    assert host.run().returncode == 1
    assert "torch_distributed" in host.failure


def test_mirrored_workers_find_each_other_in_tf_config(host: Host) -> None:
    host.script("train.py", DUMP, sagemaker_multi_worker_mirrored_strategy_enabled=True)
    two_hosts(host)

    config = json.loads(host.dump()["env"]["TF_CONFIG"])

    assert config["task"] == {"type": "worker", "index": 1}
    assert [worker.split(":")[0] for worker in config["cluster"]["worker"]] == ["algo-1", "algo-2"]
    assert len(set(config["cluster"]["worker"])) == 2


def test_a_parameter_server_runs_beside_a_tensorflow_script(host: Host) -> None:
    (host.code / "tensorflow.py").write_text(
        ""
    )  # the server's own process ends at once: nothing to import from
    host.script("train.py", DUMP, sagemaker_parameter_server_enabled=True)
    two_hosts(host)

    config = json.loads(host.dump()["env"]["TF_CONFIG"])

    assert config["task"] == {"type": "worker", "index": 0}
    assert {name: len(where) for name, where in config["cluster"].items()} == {
        "master": 1,
        "ps": 2,
        "worker": 1,
    }


def test_a_group_without_a_part_in_the_distribution_runs_alone(host: Host) -> None:
    host.script(
        "train.py",
        "print('alone')",
        sagemaker_torch_distributed_enabled=True,
        sagemaker_distribution_instance_groups=["gpu"],
    )
    host.configure(
        resourceconfig={"current_host": "algo-1", "hosts": ["algo-1"], "current_group_name": "cpu"}
    )

    assert host.run().stdout == "alone\n"
