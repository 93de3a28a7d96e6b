"""The disk of the state folder, by part."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from clary.server.disk_report import DiskReport


def test_each_part_is_counted_and_a_file_with_two_names_once(tmp_path: Path) -> None:
    for name in ("blobs", "hosts/a", "environments"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "blobs/one").write_bytes(b"x" * 1_000_000)
    os.link(tmp_path / "blobs/one", tmp_path / "blobs/two")
    (tmp_path / "hosts/a/elsewhere").symlink_to(tmp_path / "blobs")

    use = DiskReport(tmp_path, tmp_path / "environments").look()

    size, is_whole = use.parts["Objects"]
    assert is_whole
    assert 1_000_000 <= size < 1_100_000
    assert use.parts["Running jobs"][0] < 100_000, "links are not followed"
    assert use.parts["Database"] == (0, True), "what is not there takes nothing"
    assert 0 < use.free_bytes < use.total_bytes


def test_a_count_that_takes_long_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    seconds = itertools.count()

    use = DiskReport(tmp_path, tmp_path / "environments", clock=lambda: float(next(seconds))).look()

    assert use.parts["Objects"] == (0, False)
