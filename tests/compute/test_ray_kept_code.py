from __future__ import annotations

import os
import time
from pathlib import Path

from clary.compute.backends.ray.kept_code import DRAFT_S, KEPT, note_code, remove_old_code


def version(folder: Path, name: str, age_s: float) -> Path:
    code = folder / "code" / name
    (code / "clary").mkdir(parents=True)
    os.utime(code, (time.time() - age_s,) * 2)
    return code


def test_versions_stay_that_are_new_or_in_use(tmp_path: Path) -> None:
    own = version(tmp_path, "own", 900)
    recent = [version(tmp_path, f"recent{age}", age) for age in range(KEPT)]
    used, old = version(tmp_path, "used", 500), version(tmp_path, "old", 100)
    host = tmp_path / "clary-1" / "10.0.0.3" / "hosts" / "job-0-algo-1"
    note_code(host, used)
    os.utime(used, (time.time() - 500,) * 2)
    unpacked = version(tmp_path, ".new-1", DRAFT_S / 2)
    left = version(tmp_path, ".new-2", DRAFT_S * 2)

    remove_old_code(tmp_path, own)

    assert {path for path in (tmp_path / "code").iterdir()} == {own, used, unpacked, *recent}
    assert not old.exists()
    assert not left.exists()


def test_the_last_use_counts(tmp_path: Path) -> None:
    own = version(tmp_path, "own", 0)
    versions = [version(tmp_path, f"version{age}", 1000 + age) for age in range(KEPT + 1)]
    note_code(tmp_path / "clary-1" / "10.0.0.3" / "hosts" / "a", versions[-1])
    (tmp_path / "clary-1" / "10.0.0.3" / "hosts" / "a" / "code").unlink()

    remove_old_code(tmp_path, own)

    assert not versions[-2].exists()
    assert versions[-1].exists()
