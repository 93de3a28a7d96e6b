"""No link that user code makes leads the agent out of the host's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clary.host.beneath import (
    DEEPEST,
    list_beneath,
    open_beneath,
    read_beneath,
    resolve_beneath,
    walk_beneath,
)


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


def test_files_of_a_folder_come_before_its_folders(ml: Path) -> None:
    (ml / "model/z").write_text("1")

    assert [entry.relative for entry in walk_beneath(ml, "model")] == ["z", "in/x"]


def test_what_is_not_in_a_walk_is_told(ml: Path) -> None:
    told: dict[str, str] = {}
    deep = ml / "model"
    for _ in range(DEEPEST + 2):
        deep /= "d"
        deep.mkdir()
    os.mkfifo(ml / "model/pipe")

    list(walk_beneath(ml, "model", told.__setitem__))

    assert told == {
        "pipe": "it is a named pipe",
        "d/" * DEEPEST + "d": f"it lies more than {DEEPEST} folders deep",
    }


@pytest.mark.parametrize("path", ["../outside/secret", "in/../../outside/secret", "/etc/passwd", "a\0b", ""])
def test_a_path_that_leads_out_names_nothing(ml: Path, path: str) -> None:
    with pytest.raises(OSError, match=r"."):
        open_beneath(ml, path)
    assert read_beneath(ml, path, 100) is None
    assert list_beneath(ml, f"{path}/..") == []


@pytest.mark.parametrize(
    ("link", "target", "found"),
    [
        ("model/a", "in/x", "model/in/x"),
        ("model/a", "../model/in/../in/x", "model/in/x"),
        ("model/a", "in", "model/in"),
        ("model/a", ".", "model"),
        ("model/a", "a", None),
        ("model/a", "../../outside/secret", None),
        ("model/a", "/etc/passwd", None),
        ("model/a", "gone", None),
        ("model/a", "in/x/y", None),
    ],
)
def test_links_are_followed_only_inside(ml: Path, link: str, target: str, found: str | None) -> None:
    (ml / link).symlink_to(target)

    assert resolve_beneath(ml, link) == found


def test_a_link_can_not_hide_a_way_out_behind_another(ml: Path) -> None:
    (ml / "here").symlink_to("model/in")
    (ml / "up").symlink_to("here/../../../outside/secret")

    assert resolve_beneath(ml, "up") is None
    assert resolve_beneath(ml, "here/../in/x") == "model/in/x"
