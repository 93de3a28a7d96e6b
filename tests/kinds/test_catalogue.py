"""Kinds are found by their folders, and nothing else of the platform names one."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.kinds.made_up_kinds import made_up_kinds

import clary
from clary.kinds.catalogue import all_kinds, find_kind

ROOT = Path(clary.__file__).parent

MAY_NAME_KINDS = (
    "kinds/",
    # What clients and hosts run away from the server.
    "cli/",
    "debugger/",
    # The name of a host of a training job has no kind, as in an older server's.
    "domain/hosts/name.py",
    "domain/rules.py",
    "store/migrations/",
)


ORDINARY_WORDS = {"endpoint"}
"""Kinds whose name is a word with other meanings too. Their status member tells that they are meant."""


def test_every_folder_is_a_kind() -> None:
    folders = {path.parent.name for path in ROOT.glob("kinds/*/__init__.py")}

    assert len(all_kinds()) == len(folders)
    assert {kind.replace("-", "_") for kind in all_kinds()} == folders


def test_a_folder_that_is_added_is_found_and_gone_without_it() -> None:
    before = set(all_kinds())

    with made_up_kinds():
        assert set(all_kinds()) - before == {"sample-job", "sample-app", "sample-tuner"}

    assert set(all_kinds()) == before
    assert find_kind("sample-job") is None


def test_nothing_outside_names_a_kind() -> None:
    statuses = {kind.status_member for kind in all_kinds().values() if kind.noun}
    names: list[tuple[str, str]] = []
    for path in sorted(ROOT.rglob("*.py")):
        where = str(path.relative_to(ROOT))
        if not where.startswith(MAY_NAME_KINDS):
            constants = [
                node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)
            ]
            telling = {*all_kinds(), *statuses} - ORDINARY_WORDS
            names += [(where, node.value) for node in constants if node.value in telling]

    assert names == []
