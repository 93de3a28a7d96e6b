"""Tensors of the debugger on their way to S3."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.host.errors import ClientError
from clary.host.layout import Layout
from clary.host.outputs.tensor_sync import READERS_NEED_S, where_saved
from clary.host.sandbox import SandboxKind

Launch = Callable[..., RunningAgent]
ML = "cd $SAGEMAKER_BASE_DIR; "
COLLECTIONS = "collections/000000000/worker_0_collections.json"
STEP = (
    "mkdir -p events/{0} index/000000000 collections/000000000; "
    "echo event > events/{0}/{0}_worker_0.tfevents; "
    "echo index > index/000000000/{0}_worker_0.json; "
)
STEPS = STEP.format("000000000003") + STEP.format("000000000010")
TENSORS = ML + "cd output/tensors; " + STEPS
ONE_HOST = {"algo-1": "127.9.0.1"}
PREFIX = "job/debug-output/"


def hooked(**config: Any) -> dict[str, Any]:
    """The changes of a spec that turn the debugger on."""
    files = {
        "hyperparameters.json": {},
        "resourceconfig.json": {"current_host": "algo-1"},
        "debughookconfig.json": {"S3OutputPath": "s3://debug/", **config},
    }
    return {"config_files": files, "hosts": ONE_HOST}


def sent(standin: Standin) -> list[str]:
    """What was uploaded to the job's debug output, in order."""
    prefix = f"PUT /debug/{PREFIX}"
    return [call[len(prefix) :] for call in standin.calls if call.startswith(prefix)]


def test_collections_go_first_and_an_event_file_before_its_index(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    # All of it appears at once, so that the order is not that in which it was written.
    launch(
        **shell(
            f"{ML} mkdir output/new; cd output/new; {STEPS}"
            "echo 1 > claim.smd; echo half > x.tmp; touch training_job_end.ts; "
            f"echo m > clary_modules.json; echo c > {COLLECTIONS}; cd ..; rmdir tensors; mv new tensors"
        ),
        **hooked(),
    ).wait()

    assert sent(standin) == [
        COLLECTIONS,
        "clary_modules.json",
        "events/000000000003/000000000003_worker_0.tfevents",
        "index/000000000/000000000003_worker_0.json",
        "events/000000000010/000000000010_worker_0.tfevents",
        "index/000000000/000000000010_worker_0.json",
    ]


def test_a_step_is_uploaded_while_the_job_runs(launch: Launch, standin: Standin) -> None:
    agent = launch(**shell(TENSORS + "exec sleep 60"), **hooked(), stop_grace_s=0.1)

    until(lambda: ("debug", PREFIX + "index/000000000/000000000010_worker_0.json") in standin.objects)

    agent.process.send_signal(signal.SIGTERM)
    agent.wait()


def test_a_collections_file_goes_again_when_it_changes(launch: Launch, standin: Standin) -> None:
    file = "collections/000000000/worker_0_collections.json"
    script = TENSORS + f"echo 1 > {file}; while [ ! -e go ]; do sleep 0.02; done; echo longer > {file}"
    agent = launch(**shell(script), **hooked())
    until(lambda: ("debug", PREFIX + file) in standin.objects)

    (agent.folder / "ml/output/tensors/go").touch()
    agent.wait()

    assert standin.objects["debug", PREFIX + file] == b"longer\n"


def test_a_failed_job_sends_what_it_had_saved(launch: Launch, standin: Standin) -> None:
    launch(**shell(TENSORS + "exit 3"), **hooked()).wait()

    assert "index/000000000/000000000010_worker_0.json" in sent(standin)


def test_the_host_is_over_only_when_readers_had_time_to_see_the_collections(
    launch: Launch, standin: Standin
) -> None:
    collections_at = []
    standin.fault = lambda name, _count: (
        collections_at.append(time.monotonic()) if name.endswith(COLLECTIONS) else None
    )

    launch(**shell(f"{TENSORS} echo c > {COLLECTIONS}"), **hooked()).wait()

    assert time.monotonic() - collections_at[0] >= READERS_NEED_S


def test_without_a_hook_nothing_is_uploaded(launch: Launch, standin: Standin) -> None:
    launch(**shell(TENSORS)).wait()

    assert sent(standin) == []


def test_summaries_for_tensorboard_go_to_a_place_of_their_own(launch: Launch, standin: Standin) -> None:
    files = {**hooked()["config_files"], "tensorboardoutputconfig.json": {"S3OutputPath": "s3://board/x/"}}
    script = ML + "mkdir -p output/tensorboard/TRAIN; echo 1 > output/tensorboard/TRAIN/0.tfevents"

    launch(**shell(script), config_files=files, hosts=ONE_HOST).wait()

    assert standin.objects["board", "x/job/tensorboard-output/TRAIN/0.tfevents"] == b"1\n"


def test_links_are_not_followed(launch: Launch, standin: Standin, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key of the user")
    script = (
        ML + f"cd output/tensors; mkdir -p index/000000000; ln -s {tmp_path} events; "
        f"ln -s {tmp_path}/secret index/000000000/000000000001_worker_0.json; ln -s {tmp_path} collections"
    )

    launch(**shell(script), **hooked()).wait()

    assert sent(standin) == []


def test_a_role_that_may_not_write_there_does_not_cost_the_model(launch: Launch, standin: Standin) -> None:
    standin.denied = {PREFIX + "events/000000000003/000000000003_worker_0.tfevents"}

    launch(**shell(TENSORS + "cd ../..; echo 1 > model/x"), **hooked()).wait()

    assert standin.reports[-1]["Outcome"] == "Succeeded"
    assert ("out", "job/output/model.tar.gz") in standin.objects
    assert len([line for line in standin.lines if "tensors are not uploaded" in line]) == 1


@pytest.mark.parametrize("changes", [{}, hooked()], ids=["no hook", "hook"])
def test_user_code_is_captured_where_the_job_has_a_hook(
    changes: dict[str, Any], sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    script = "import sys; print('clary.debugger.capture.boot' in sys.modules)"

    launch(entrypoint=(f"{sys.base_prefix}/bin/python3", "-c", script), **changes).wait()

    assert [line for line in standin.lines if not line.startswith("Clary")] == [str(bool(changes))]


@pytest.mark.parametrize(
    ("local_path", "private", "expected"),
    [
        (None, True, ("ml", "output/tensors")),
        ("/opt/ml/output/tensors/", False, ("ml", "output/tensors")),
        ("/tmp/tensors", True, ("tmp", "tensors")),
        ("/var/tensors", True, ("root", "var/tensors")),
        ("//var/tensors", True, ("root", "var/tensors")),
        ("//opt/ml/tensors", True, ("ml", "tensors")),
    ],
)
def test_tensors_are_found_where_the_hook_writes_them(
    local_path: str | None, private: bool, expected: tuple[str, str], tmp_path: Path
) -> None:
    root, folder = where_saved(local_path, Layout(tmp_path), private=private)

    assert (root.relative_to(tmp_path).as_posix(), folder) == expected


def test_a_place_that_can_not_be_told_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="LocalPath '/var/tensors' should be a folder under /opt/ml"):
        where_saved("/var/tensors", Layout(tmp_path), private=False)
