"""What runs in a user's process is understood by Python 3.8."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import clary.debugger

HERE = Path(clary.debugger.__file__).parent
FILES = [
    HERE / "__init__.py",
    *(each for name in ("capture", "tensors", "trial") for each in (HERE / name).glob("*.py")),
]
NEWER = {"removeprefix", "removesuffix", "pairwise", "bit_count"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_syntax_is_that_of_python_3_8(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 8))

    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & NEWER
    assert not [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(word.arg in ("strict", "slots") for word in node.keywords)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_annotations_are_not_evaluated(path: Path) -> None:
    assert "from __future__ import annotations" in path.read_text()
