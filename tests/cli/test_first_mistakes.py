"""Commands that can't begin: they print a message, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clary.cli.doctor import examine
from clary.cli.find_jobs import find_job
from clary.cli.machine_check import MachineCheck
from clary.server.settings import load_settings


def clary(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clary", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
    )


@pytest.mark.parametrize("command", [["up", "-d"], ["up"], ["jobs"], ["down"]])
def test_a_home_that_can_not_be_is_said(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").touch()

    ran = clary(*command, "--home", str(tmp_path / "file" / "home"))

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"clary: {tmp_path}/file/home can't be the folder of all state")
    assert "--home" in ran.stderr


@pytest.mark.parametrize("command", [["up", "-d"], ["jobs"], ["images", "list"]])
def test_a_setting_that_can_not_be_is_said(tmp_path: Path, command: list[str]) -> None:
    ran = clary(*command, "--home", str(tmp_path), CLARY_PORT="many")

    assert ran.returncode == 1
    assert ran.stderr.startswith("clary: CLARY_PORT is")


def test_images_are_listed_whole_and_as_json(tmp_path: Path) -> None:
    environ = {"CLARY_ENVIRONMENTS": str(tmp_path / "environments"), "COLUMNS": "80"}

    shown = clary("images", "list", "--home", str(tmp_path), **environ)
    listed = clary("images", "list", "--json", "--home", str(tmp_path), **environ)

    images = json.loads(listed.stdout)["Images"]
    assert {name for image in images for name in image["Repositories"]} >= {"pytorch-training", "xgboost"}
    assert all(name in shown.stdout for image in images for name in image["Repositories"])
    assert "Nothing is built yet" in shown.stderr


@pytest.mark.parametrize(("setting", "ok"), [("none", None), ("auto", None)])
def test_the_doctor_looks_at_the_sandbox_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, ok: bool | None
) -> None:
    monkeypatch.setenv("CLARY_SANDBOX", setting)
    monkeypatch.setattr("clary.host.sandbox.detection._trouble_with", lambda kind: "not permitted")

    (found,) = [
        each for each in examine(load_settings(home=tmp_path), sys.executable) if each.what == "private hosts"
    ]

    assert found.ok is ok
    assert found.said.startswith("none")


def test_the_doctor_says_that_the_sandbox_that_is_set_does_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLARY_SANDBOX", "unshare")
    monkeypatch.setattr("clary.host.sandbox.detection._trouble_with", lambda kind: "not permitted")

    found = next(
        each for each in examine(load_settings(home=tmp_path), sys.executable) if each.what == "private hosts"
    )

    assert found.ok is False
    assert "CLARY_SANDBOX is unshare" in found.said
    assert "not permitted" in found.said


def test_the_doctor_looks_for_the_engine_that_containers_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def engine() -> list[MachineCheck]:
        checks = examine(load_settings(home=tmp_path), sys.executable)
        return [each for each in checks if each.what == "container engine"]

    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    assert engine() == []

    monkeypatch.setenv("CLARY_COMPUTE", "container")
    (found,) = engine()
    assert found.ok is False
    assert "no.sock does not answer" in found.said
    assert "DOCKER_HOST" in found.remedy


def test_an_empty_name_is_no_job(capsys: pytest.CaptureFixture[str]) -> None:
    import typer

    with pytest.raises(typer.Exit):
        find_job(None, "")
    assert "the name of a job is empty" in capsys.readouterr().err
