"""No link that user code makes leads the agent out of the host's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clary.host.beneath import open_beneath, read_beneath, walk_beneath


@pytest.fixture
def ml(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("key")
    (tmp_path / "ml/model/in").mkdir(parents=True)
    (tmp_path / "ml/model/in/x").write_text("1")
    return tmp_path / "ml"


def test_files_and_links_are_listed_and_links_not_entered(ml: Path) -> None:
    (ml / "model/folder-link").symlink_to(ml.parent / "outside")
    (ml / "model/file-link").symlink_to("in/x")
    os.mkfifo(ml / "model/pipe")

    found = {entry.relative: entry.is_link for entry in walk_beneath(ml, "model")}

    assert found == {"file-link": True, "folder-link": True, "in/x": False}


@pytest.mark.parametrize("replaced", ["model", "model/in"])
def test_a_folder_that_became_a_link_is_not_walked(ml: Path, replaced: str) -> None:
    os.rename(ml / replaced, ml.parent / "moved")
    (ml / replaced).symlink_to(ml.parent / "outside")

    assert [entry.relative for entry in walk_beneath(ml, "model") if not entry.is_link] == []


@pytest.mark.parametrize("replaced", ["model", "model/in", "model/in/x"])
def test_nothing_is_opened_through_a_link(ml: Path, replaced: str) -> None:
    os.rename(ml / replaced, ml.parent / "moved")
    (ml / replaced).symlink_to(ml.parent / "moved")

    with pytest.raises(OSError, match=r"."):
        open_beneath(ml, "model/in/x")


def test_a_pipe_in_the_place_of_a_file_does_not_hang_the_agent(ml: Path) -> None:
    os.mkfifo(ml / "model/pipe")

    assert read_beneath(ml, "model/pipe", 100) is None


def test_what_is_there_is_read(ml: Path) -> None:
    assert read_beneath(ml, "model/in/x", 100) == b"1"
    assert read_beneath(ml, "model/in/y", 100) is None
