from __future__ import annotations

from pathlib import Path

import pytest

from clary.cli.script_hints import hints


def told(folder: Path, *, whole: bool = False) -> list[str]:
    return list(hints(folder, "train.py", whole=whole))


def test_a_module_beside_the_script_that_is_not_sent_is_named(tmp_path: Path) -> None:
    (tmp_path / "layers.py").touch()
    (tmp_path / "train.py").write_text("import os\nfrom layers import Net\n")

    (hint,) = told(tmp_path)

    assert "train.py imports layers.py" in hint
    assert f"--source-dir {tmp_path}" in hint
    assert told(tmp_path, whole=True) == []


def test_a_slip_in_the_name_of_a_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import skleran.tree\nimport numpy, torchmetrics, mypackage\n")
    (tmp_path / "requirements.txt").write_text("# all\nscikit-lern==1.5\npandas>=2\n-r more.txt\n")

    assert told(tmp_path, whole=True) == [
        "train.py imports skleran; did you mean sklearn?",
        "requirements.txt names scikit-lern; did you mean scikit-learn?",
    ]


@pytest.mark.parametrize(
    ("named", "meant"), [("skleran", "scikit-learn"), ("sklearn", "scikit-learn"), ("PIL", "pillow")]
)
def test_a_module_in_a_requirements_txt_is_told_its_package(tmp_path: Path, named: str, meant: str) -> None:
    (tmp_path / "train.py").touch()
    (tmp_path / "requirements.txt").write_text(f"{named}\nscipy\npyyaml\ntorchmetrics\n")

    assert told(tmp_path, whole=True) == [f"requirements.txt names {named}; did you mean {meant}?"]


def test_a_path_of_ones_home_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    (tmp_path / "train.py").write_text("open('/home/ann/data/x.csv')\nopen('/opt/ml/input/data/x.csv')\n")

    (hint,) = told(tmp_path)

    assert "--input data=/home/ann/data/x.csv" in hint


@pytest.mark.parametrize("text", ["import (", "\0", "é = 'ok'"])
def test_what_can_not_be_read_is_the_jobs_to_say(tmp_path: Path, text: str) -> None:
    (tmp_path / "train.py").write_text(text)

    assert told(tmp_path) == []
