from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clary.host.sandbox.probe_folder import PREFIX, YOUNG_S, probe_folder

_HOLDER = """
from clary.host.sandbox.probe_folder import probe_folder
with probe_folder() as folder:
    open(folder + "/file", "w").close()
    print(folder, flush=True)
    input()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_probe_left_is_gone_after_the_next(temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        make_old(folder)

        with probe_folder() as own:
            assert {path.name for path in temporary.iterdir()} == {folder.name, Path(own).name}
        assert (folder / "file").exists(), "it was in use"

        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert folder.exists()

        with probe_folder():
            pass
    assert list(temporary.iterdir()) == []


def test_a_young_folder_is_left_to_its_probe(temporary: Path) -> None:
    (temporary / f"{PREFIX}young").mkdir()

    with probe_folder():
        pass

    assert (temporary / f"{PREFIX}young").exists()


def make_old(folder: Path) -> None:
    os.utime(folder, (time.time() - 2 * YOUNG_S,) * 2)


def test_a_link_by_that_name_is_left_alone(temporary: Path) -> None:
    precious = temporary / "precious"
    precious.mkdir()
    (precious / "file").touch()
    make_old(precious)
    os.symlink(precious, temporary / f"{PREFIX}link")
    os.utime(temporary / f"{PREFIX}link", (0, 0), follow_symlinks=False)

    with probe_folder():
        pass

    assert (precious / "file").exists()
