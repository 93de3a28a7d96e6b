"""The user's source and its requirements, through the agent."""

from __future__ import annotations

import json
import signal
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import RunningAgent, environment, until
from tests.host.standin import Standin

from clary.domain.hosts import ChannelSpec, EnvironmentSpec
from clary.host.beneath import Place
from clary.host.inputs.installed import installed_packages
from clary.host.inputs.source import BUILD_FAILED, add_requirements
from clary.host.sandbox import SandboxKind

Launch = Callable[..., RunningAgent]


def archive(**files: str) -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name.replace("__", "."))
            info.size = len(text)
            tar.addfile(info, BytesIO(text.encode()))
    return buffer.getvalue()


def script(**hyperparameters: Any) -> dict[str, Any]:
    """The changes of a spec that make it run train.py of an uploaded archive."""
    values = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "s3://code/job/source.tar.gz",
        **hyperparameters,
    }
    files = {
        "hyperparameters.json": {name: json.dumps(value) for name, value in values.items()},
        "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"]},
    }
    return {"config_files": files}


def upload(standin: Standin, **files: str) -> None:
    standin.put("code", "job/source.tar.gz", archive(**files))


def builder(tmp_path: Path, program: str) -> EnvironmentSpec:
    (tmp_path / "builder.py").write_text(program)
    return replace(environment(), layer_builder=(sys.executable, str(tmp_path / "builder.py")))


def test_a_script_runs_with_its_hyperparameters(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    upload(standin, train__py="import os, sys\nprint(sys.argv[1:], os.environ['SM_CURRENT_HOST'])")

    launch(**script(epochs=3)).wait()

    assert standin.lines[-1] == "['--epochs', '3'] algo-1"
    assert standin.reports[-1]["Outcome"] == "Succeeded"


def test_a_failing_script_is_reported_with_its_error_and_command(launch: Launch, standin: Standin) -> None:
    upload(standin, train__py="print('so far')\nraise RuntimeError('diverged')")

    launch(**script(epochs=3)).wait()

    reason = standin.reports[-1]["Reason"]
    assert reason.startswith(
        "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n"
        'ErrorMessage "RuntimeError: diverged"\nCommand "'
    )
    assert reason.endswith('train.py --epochs 3"')


def test_a_missing_script_is_explained(launch: Launch, standin: Standin) -> None:
    upload(standin, other__py="")

    launch(**script()).wait()

    reason = standin.reports[-1]["Reason"]
    assert reason.startswith("AlgorithmError: The entry point 'train.py' is not in the source directory")


def test_a_source_in_a_channel_is_unpacked(launch: Launch, standin: Standin) -> None:
    upload(standin, train__py="print('from a channel')")
    changes = script(sagemaker_submit_directory="/opt/ml/input/data/code/source.tar.gz")

    launch(**changes, channels=(ChannelSpec("code", "s3://code/job/source.tar.gz"),)).wait()

    assert standin.lines[-1] == "from a channel"


def test_a_missing_archive_is_a_client_error(launch: Launch, standin: Standin) -> None:
    launch(**script()).wait()

    report = standin.reports[-1]
    assert report["Outcome"] == "ClientError"
    assert "s3://code/job/source.tar.gz (sagemaker_submit_directory) does not exist" in report["Reason"]


def test_a_hostile_archive_is_a_client_error(launch: Launch, standin: Standin) -> None:
    upload(standin, **{"../../../train__py": "x"})

    launch(**script()).wait()

    report = standin.reports[-1]
    assert report["Outcome"] == "ClientError"
    assert "was refused" in report["Reason"]


@pytest.mark.parametrize("way_out", ["../" * 20, "source.tar.gz/" + "../" * 20])
def test_a_path_of_a_channel_does_not_lead_out_of_it(
    launch: Launch, standin: Standin, tmp_path: Path, way_out: str
) -> None:
    stolen = tmp_path / "stolen.tar.gz"
    stolen.write_bytes(archive(train__py="print('of somebody else')"))
    upload(standin, train__py="print('mine')")
    inside = f"/opt/ml/input/data/code/{way_out}{str(stolen)[1:]}"

    launch(
        **script(sagemaker_submit_directory=inside),
        channels=(ChannelSpec("code", "s3://code/job/source.tar.gz"),),
    ).wait()

    assert standin.lines != ["of somebody else"]
    assert standin.reports[-1]["Reason"].startswith("AlgorithmError: ")


@pytest.mark.parametrize("name", ["requirements.txt", "setup.py"])
def test_a_link_out_of_the_source_is_not_read(
    launch: Launch, standin: Standin, tmp_path: Path, name: str
) -> None:
    """However the link was made: archives with one are refused, channels have none."""
    (tmp_path / "secret").write_text("key of the user")
    program = "import sys; sys.exit('was asked to build')"
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / name).symlink_to(tmp_path / "secret")
    lines: list[bytes] = []

    found = add_requirements(
        builder(tmp_path, program), Place(tmp_path, "code"), lines.extend, limit_s=60, project=True
    )

    assert found == builder(tmp_path, program)
    assert lines == []


@pytest.mark.parametrize("data", [b"no archive", b"", b"PK\x03\x04 a zip file"])
def test_what_is_no_archive_is_a_client_error(launch: Launch, standin: Standin, data: bytes) -> None:
    standin.put("code", "job/source.tar.gz", data)

    launch(**script()).wait()

    report = standin.reports[-1]
    assert report["Outcome"] == "ClientError"
    assert "The source archive s3://code/job/source.tar.gz was refused: it is " in report["Reason"]


def test_a_submit_directory_that_names_no_object_is_a_client_error(launch: Launch, standin: Standin) -> None:
    launch(**script(sagemaker_submit_directory="s3://")).wait()

    assert standin.reports[-1]["Reason"].startswith("ClientError: sagemaker_submit_directory: 's3://' is not")


def test_nothing_to_run_is_a_client_error(launch: Launch, standin: Standin) -> None:
    launch().wait()

    assert standin.reports[-1]["Outcome"] == "ClientError"
    assert "names no script" in standin.reports[-1]["Reason"]


def test_a_builtin_algorithm_runs_where_there_is_no_script(launch: Launch, standin: Standin) -> None:
    launch(algorithm="this").wait()

    assert "The Zen of Python, by Tim Peters" in standin.lines


def test_requirements_are_added_by_the_environments_builder(
    launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    made = {
        "name": "made",
        "prefix": environment().prefix,
        "readable": [],
        "variables": {"FROM": "the layer"},
    }
    program = (
        f"import sys; print('adding', open(sys.argv[1]).read(), file=sys.stderr); print('{json.dumps(made)}')"
    )
    upload(standin, train__py="import os; print(os.environ['FROM'])", requirements__txt="numpy")

    launch(**script(), environment=builder(tmp_path, program)).wait()

    assert standin.lines == ["adding numpy", "the layer"]
    installed = list(installed_packages(Path(environment().prefix)))
    assert standin.packages == [{"Host": "job/algo-1", "Environment": "made", "Packages": installed}]


def test_requirements_of_a_host_that_runs_until_it_is_stopped_have_all_the_time(tmp_path: Path) -> None:
    made = {"name": "made", "prefix": environment().prefix}
    extendable = builder(tmp_path, f"print('{json.dumps(made)}')")
    (tmp_path / "source").mkdir()
    (tmp_path / "source/requirements.txt").write_text("numpy")

    added = add_requirements(extendable, Place(tmp_path, "source"), lambda _: None, limit_s=float("inf"))

    assert added.name == "made"


def test_a_job_goes_on_where_its_packages_are_refused(
    launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    standin.denied.add("ReportPackages")
    made = {"name": "made", "prefix": environment().prefix}
    upload(standin, train__py="print('trained')", requirements__txt="numpy")

    agent = launch(**script(), environment=builder(tmp_path, f"print('{json.dumps(made)}')"))

    assert agent.wait()["Outcome"] == "Succeeded"
    assert standin.lines == ["trained"]
    assert "the packages of made could not be reported" in agent.log


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; sys.exit('no such package: numpyy')", "no such package: numpyy"),
        ("print('{}')", "gave no environment"),
        ("", "gave no environment"),
    ],
)
def test_requirements_that_can_not_be_had_are_a_client_error(
    launch: Launch, standin: Standin, tmp_path: Path, program: str, message: str
) -> None:
    upload(standin, train__py="", requirements__txt="numpyy")

    launch(**script(), environment=builder(tmp_path, program)).wait()

    report = standin.reports[-1]
    assert report["Outcome"] == "ClientError"
    assert message in report["Reason"]


def test_the_reason_of_a_failed_build_has_none_of_its_progress(
    launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    said = f"building numpyy\\n{BUILD_FAILED}\\nno such package: numpyy"
    upload(standin, train__py="", requirements__txt="numpyy")

    launch(**script(), environment=builder(tmp_path, f"import sys; sys.exit('{said}')")).wait()

    assert standin.reports[-1]["Reason"] == (
        "ClientError: Installing requirements.txt failed:\nno such package: numpyy"
    )
    assert standin.lines == ["building numpyy", BUILD_FAILED, "no such package: numpyy"]


def test_a_stop_ends_the_builder_at_once(launch: Launch, standin: Standin, tmp_path: Path) -> None:
    program = "import sys, time; print('slow', file=sys.stderr, flush=True); time.sleep(3600)"
    upload(standin, train__py="", requirements__txt="slow")
    agent = launch(**script(), environment=builder(tmp_path, program))
    until(lambda: "slow" in standin.lines)

    agent.process.send_signal(signal.SIGTERM)

    assert agent.wait(90)["Outcome"] == "Stopped"
    assert [phase["Phase"] for phase in standin.reports[-1]["Phases"]] == ["Starting", "Downloading", "Done"]


def test_a_build_that_never_ends_is_ended_when_the_time_is_up(
    launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    upload(standin, train__py="", setup__py="")

    launch(
        **script(), environment=builder(tmp_path, "import time; time.sleep(600)"), max_runtime_s=0.5
    ).wait()

    reason = standin.reports[-1]["Reason"]
    assert reason == "ClientError: Installing requirements.txt took longer than 0.5 s, the job's MaxRuntime."


def test_a_source_with_a_setup_is_given_to_the_builder_as_a_project(
    launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    upload(standin, train__py="", setup__py="")

    launch(**script(), environment=builder(tmp_path, "import sys; sys.exit(repr(sys.argv[2:]))")).wait()

    reason = standin.reports[-1]["Reason"]
    assert "'--project', '--memory-bytes', '1073741824', '--processes', '8192'" in reason


def test_an_environment_that_can_not_be_extended_says_so(launch: Launch, standin: Standin) -> None:
    upload(standin, train__py="", requirements__txt="numpy")

    launch(**script()).wait()

    assert "can't be extended" in standin.reports[-1]["Reason"]


def test_json_that_never_ends_is_no_fault_of_ours(launch: Launch, standin: Standin) -> None:
    """In a hyperparameter, and in the file where the launcher tells its command."""
    write = "open(os.environ['CLARY_RUN_DIR'] + '/command.json', 'w').write('[' * 60000)"
    upload(standin, train__py=f"import os; {write}; raise SystemExit(3)")
    changes = script()
    changes["config_files"]["hyperparameters.json"]["deep"] = "[" * 2000

    launch(**changes).wait()

    assert standin.reports[-1]["Reason"].startswith("AlgorithmError: ExecuteUserScriptError:")
    assert standin.reports[-1]["ExitCode"] == 3


SEEN = """
import json, os, signal, sys
ignored = [number.name for number in signal.Signals if signal.getsignal(number) is signal.SIG_IGN]
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
print(json.dumps([sys.executable, sys.argv, os.getcwd(), os.environ["SM_HPS"], os.environ["GREETING"]]))
print(json.dumps([ignored, len(blocked), sys.flags.isolated, os.stat("/proc/self/mem").st_mode & 0o777]))
"""


def test_a_script_finds_itself_the_same_however_it_is_launched(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    """By a Python of the launcher's own, or by a fork of process 1."""
    upload(standin, train__py=SEEN)

    launch(**script(epochs=3), variables={"GREETING": "a=b"}).wait()

    python, argv, folder, parameters, greeting = json.loads(standin.lines[0])
    assert python == f"{sys.base_prefix}/bin/python"
    assert argv == ["train.py", "--epochs", "3"]
    assert folder.endswith("/ml/code")
    assert (json.loads(parameters), greeting) == ({"epochs": 3}, "a=b")
    assert json.loads(standin.lines[1]) == [["SIGPIPE", "SIGXFSZ"], 0, 0, 0o600]


def test_what_the_launcher_can_not_start_has_its_reason(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    upload(standin, other__py="")

    launch(**script()).wait()

    assert standin.reports[-1]["ExitCode"] == 1
    assert "'train.py' is not in the source directory, which has: other.py" in standin.reports[-1]["Reason"]
