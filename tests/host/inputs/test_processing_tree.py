from __future__ import annotations

from pathlib import Path

import pytest

from clary.host.inputs.processing_tree import ProcessingTree
from clary.host.layout import Layout
from clary.host.sandbox import Mount


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.ml.mkdir()
    layout.channels.mkdir()
    return layout


@pytest.fixture
def tree(layout: Layout) -> ProcessingTree:
    return ProcessingTree(layout)


def covered(tree: ProcessingTree, local_path: str) -> Path:
    """A read-only folder of links at a path; where it lies outside."""
    tree.writable(local_path)
    place = tree.apart()
    place.path.mkdir()
    tree.cover(local_path, place)
    return place.path


def test_a_folder_lies_in_the_hosts_own_without_a_mount(layout: Layout, tree: ProcessingTree) -> None:
    place = tree.writable("/opt/ml/processing/out/")

    assert place.path == layout.ml / "processing/out"
    assert place.path.is_dir()
    assert tree.mounts == ()


def test_a_folder_below_a_read_only_one_has_a_mount_of_its_own(tree: ProcessingTree) -> None:
    outer = covered(tree, "/opt/ml/processing/input")

    inner = tree.writable("/opt/ml/processing/input/code")

    assert outer not in inner.path.parents
    assert tree.mounts == (
        Mount(str(outer), "/opt/ml/processing/input"),
        Mount(str(inner.path), "/opt/ml/processing/input/code", writable=True),
    )
    # The mount needs a folder to be put on, which can't be made in what is read-only.
    assert (outer / "code").is_dir()


def test_a_folder_below_that_is_found_in_it(tree: ProcessingTree) -> None:
    covered(tree, "/opt/ml/processing/input")
    inner = tree.writable("/opt/ml/processing/input/code")

    innermost = tree.writable("/opt/ml/processing/input/code/lib")

    assert innermost.path == inner.path / "lib"
    assert len(tree.mounts) == 2


def test_a_name_that_only_begins_alike_is_not_below(layout: Layout, tree: ProcessingTree) -> None:
    covered(tree, "/opt/ml/processing/input")

    assert tree.writable("/opt/ml/processing/input-2").path == layout.ml / "processing/input-2"


def test_a_read_only_folder_below_another_is_mounted_on_it(tree: ProcessingTree) -> None:
    outer = covered(tree, "/opt/ml/processing/input")
    inner = covered(tree, "/opt/ml/processing/input/more")

    assert tree.mounts[-1] == Mount(str(inner), "/opt/ml/processing/input/more")
    assert (outer / "more").is_dir()
