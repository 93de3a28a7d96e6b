"""What a model holds, for copies of it under another name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clary.host.model_content import PART_BYTES, model_content

WEIGHTS = bytes(range(256)) * 4


@pytest.fixture
def write(tmp_path: Path) -> Path:
    """The root of a folder ``model`` with weights and a note."""
    put(tmp_path, "model/weights.pt", WEIGHTS)
    put(tmp_path, "model/notes.txt", b"a note")
    return tmp_path


def put(root: Path, name: str, content: bytes) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content)


def test_a_copy_with_code_and_other_names_holds_the_same_model(write: Path, tmp_path: Path) -> None:
    other = tmp_path / "copy"
    put(other, "model/code/inference.py", b"# long" * 10_000)
    put(other, "model/1/model.pth", WEIGHTS)

    assert model_content(other, "model") == model_content(write, "model") != ""


@pytest.mark.parametrize("position", [0, PART_BYTES, 2 * PART_BYTES, -1])
def test_another_byte_at_either_end_is_another_model(tmp_path: Path, position: int) -> None:
    large = bytearray(os.urandom(1) * (4 * PART_BYTES))
    put(tmp_path, "model/a", bytes(large))
    before = model_content(tmp_path, "model")
    large[position] ^= 1

    put(tmp_path, "model/a", bytes(large))

    changed = model_content(tmp_path, "model") != before
    assert changed is (position in (0, -1))


def test_another_length_is_another_model(tmp_path: Path) -> None:
    put(tmp_path, "model/a", b"x" * 3 * PART_BYTES)
    before = model_content(tmp_path, "model")

    put(tmp_path, "model/a", b"x" * (3 * PART_BYTES + 1))

    assert model_content(tmp_path, "model") != before


@pytest.mark.parametrize("content", [b"", b"{}"])
def test_what_may_be_equal_by_chance_is_not_told(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, "model/model.json", content)

    assert model_content(tmp_path, "model") == ""


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert model_content(tmp_path, "model") == ""


def test_links_are_not_followed(write: Path, tmp_path: Path) -> None:
    put(tmp_path, "secret", b"s" * 100_000)
    before = model_content(write, "model")

    (tmp_path / "model" / "linked").symlink_to(tmp_path / "secret")

    assert model_content(write, "model") == before
