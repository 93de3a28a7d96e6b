"""What ``clary images list`` says of environments that are built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clary.cli.commands import app
from clary.compute.environments.marker import Marker, write_marker

IMAGE = "pytorch-training-2.6.0-py3.12-0123456789ab"
LAYERS = [f"{IMAGE}+{digest}" for digest in ("aaaaaaaaaaaa", "bbbbbbbbbbbb")]


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One environment of an image, and two layers on it."""
    monkeypatch.setenv("CLARY_ENVIRONMENTS", str(tmp_path))
    for key in (IMAGE, *LAYERS):
        prefix = tmp_path / "envs" / key
        (prefix / "bin").mkdir(parents=True)
        (prefix / "bin/python").touch()
        base = IMAGE if key != IMAGE else ""
        marker = Marker(key, "pytorch-training", "2.6.0", "3.12", (), base=base, size_bytes=3 * 2**20)
        write_marker(prefix, marker)


def listed(tmp_path: Path, *options: str) -> str:
    ran = CliRunner().invoke(app, ["images", "list", "--home", str(tmp_path / "home"), *options])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_layers_are_counted_and_not_listed_among_images(tmp_path: Path) -> None:
    shown = listed(tmp_path)

    assert IMAGE in shown
    assert not any(layer in shown for layer in LAYERS)
    assert "2 more with the requirements of jobs, 6 MiB" in shown


def test_layers_are_listed_when_asked_for(tmp_path: Path) -> None:
    images, _, layers = listed(tmp_path, "--layers").partition("Extended with the requirements of jobs")

    assert f"{IMAGE}  3.12" in images
    assert all(layer in layers for layer in LAYERS)
    assert not any(layer in images for layer in LAYERS)


def test_scripts_get_layers_apart_with_their_base(tmp_path: Path) -> None:
    found = json.loads(listed(tmp_path, "--json"))

    assert [each["Key"] for each in found["Environments"]] == [IMAGE]
    assert {each["Key"] for each in found["Layers"]} == set(LAYERS)
    assert {each["Base"] for each in found["Layers"]} == {IMAGE}
