from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clary.host.beneath import walk_beneath
from clary.host.removal import remove_tree


def nest(folder: Path, levels: int) -> None:
    """Folders in folders, deeper than a path can say."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
        os.close(here)
        here = inner
    os.close(here)


def test_a_tree_of_thousands_of_levels_is_removed_and_walked(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    nest(tmp_path / "tree", 3_000)

    assert sum(1 for _ in walk_beneath(tmp_path, "tree")) == 101
    remove_tree(tmp_path / "tree")

    assert os.listdir(tmp_path) == []


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("1")
    (tmp_path / "tree/in").mkdir(parents=True)
    (tmp_path / "tree/in/link").symlink_to(tmp_path / "kept")
    (tmp_path / "tree/in/deeper/x").mkdir(parents=True)
    (tmp_path / "tree/in/deeper/x/link").symlink_to("../../../../kept")
    (tmp_path / "link").symlink_to("kept")
    os.mkfifo(tmp_path / "tree/fifo")

    remove_tree(tmp_path / "tree")
    remove_tree(tmp_path / "link")

    assert os.listdir(tmp_path) == ["kept"]
    assert (tmp_path / "kept/file").read_text() == "1"


def test_what_is_not_there_is_removed_already(tmp_path: Path) -> None:
    remove_tree(tmp_path / "gone")
    remove_tree(tmp_path / "gone/too")


def test_names_of_its_own_do_not_clash_with_those_it_finds(tmp_path: Path) -> None:
    for number in range(1, 4):
        (tmp_path / f"tree/.removed-{number}/a/b").mkdir(parents=True)

    remove_tree(tmp_path / "tree")

    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody whom modes stop")
def test_modes_do_not_keep_a_folder_from_its_owner(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "closed/inner/deep").mkdir(parents=True)
    (tree / "closed/inner/file").write_text("1")
    for path in (tmp_path, tree, tree / "closed", tree / "closed/inner", tree / "closed/inner/deep"):
        os.chown(path, 65534, 65534)
    for path in (tree / "closed/inner/deep", tree / "closed/inner", tree / "closed", tree):
        path.chmod(0)
    source = str(Path(remove_tree.__code__.co_filename).parents[2])
    code = (
        f"import os, sys; sys.path.insert(0, {source!r}); from clary.host.removal import remove_tree; "
        "from pathlib import Path; os.chdir(sys.argv[1]); os.setgid(65534); os.setuid(65534); "
        "remove_tree(Path('tree'))"
    )

    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)

    assert not tree.exists()
