"""Which tests ``make quick`` chooses for a change."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools.quick import (
    ALWAYS,
    FOUND_BY_NAME,
    UNTIL,
    changed_files,
    choose,
    importers,
    module_of,
    python_files_of_tests,
)

FILES = [
    "tests/compute/test_environments_recipe.py",
    "tests/compute/test_instances.py",
    "tests/journeys/test_run.py",
    "tests/store/conftest.py",
    "tests/store/helper.py",
    "tests/store/test_links.py",
    "tests/store/test_private.py",
    "tests/store/test_records.py",
]


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ("src/clary/store/records.py", ["tests/store/test_records.py"]),
        ("src/clary/store/_private.py", ["tests/store/test_private.py"]),
        ("src/clary/compute/environments/recipe.py", ["tests/compute/test_environments_recipe.py"]),
        ("tests/store/test_links.py", ["tests/store/test_links.py"]),
        ("tests/journeys/test_run.py", ["tests/journeys/test_run.py"]),
        ("docs/user/settings.md", []),
    ],
)
def test_a_file_has_the_tests_of_its_name(changed: str, chosen: list[str]) -> None:
    assert choose([changed], FILES, {}) == chosen


def test_tests_that_import_a_file_come_before_the_tests_of_modules_that_do() -> None:
    using = {"clary.store.paging": {"clary.store.records", "tests.store.test_private"}}

    chosen = choose(["src/clary/store/paging.py"], FILES, using)

    assert chosen == ["tests/store/test_private.py", "tests/store/test_records.py"]


def test_a_changed_test_comes_first() -> None:
    chosen = choose(["src/clary/store/links.py", "tests/store/test_records.py"], FILES, {})

    assert chosen == ["tests/store/test_records.py", "tests/store/test_links.py"]


def test_a_package_that_passes_a_module_on_is_no_distance() -> None:
    using = {
        "clary.store.series.points": {"clary.store.series"},
        "clary.store.series": {"tests.store.test_links"},
    }

    assert choose(["src/clary/store/series/points.py"], FILES, using) == ["tests/store/test_links.py"]


def test_a_helper_of_tests_has_those_that_import_it() -> None:
    using = {"tests.store.helper": {"tests.store.test_links"}}

    assert choose(["tests/store/helper.py"], FILES, using) == ["tests/store/test_links.py"]


def test_fixtures_have_the_tests_of_their_folder() -> None:
    chosen = choose(["tests/store/conftest.py"], FILES, {})

    assert chosen == [path for path in FILES if path.startswith("tests/store/test_")]


def test_a_data_file_has_the_tests_of_the_nearest_folder() -> None:
    chosen = choose(["src/clary/compute/environments/images/python.toml"], FILES, {})

    assert chosen == [path for path in FILES if path.startswith("tests/compute/")]


def test_the_imports_of_this_file_are_found() -> None:
    here = "tests/tools/test_quick.py"

    assert here in python_files_of_tests()
    assert module_of(here) in importers([here])["tools.quick"]


def test_what_is_committed_since_changed_or_new_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "init", "-q"], check=True)
    for name in ("same", "committed", "edited", "deleted"):
        Path(name).write_text("before")
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "First"], check=True)
    Path("committed").write_text("after")
    subprocess.run([*git, "commit", "-qam", "Second"], check=True)
    Path("edited").write_text("after")
    Path("deleted").unlink()
    Path("new").write_text("")

    assert changed_files("HEAD~1") == ["committed", "edited", "new"]


def test_no_test_begins_when_the_time_is_over(tmp_path: Path) -> None:
    test = tmp_path / "test_one.py"
    test.write_text("def test_it():\n    raise SystemError\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tools.quick",
        "-rs",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
    ]

    run = subprocess.run(
        [*command, str(test)], env={**os.environ, UNTIL: "0"}, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout
    assert "1 skipped" in run.stdout
    assert "seconds of make quick were over" in run.stdout


def test_an_operation_has_the_tests_of_all_operations_though_nobody_imports_it() -> None:
    chosen = choose(["src/clary/services/logs/group.py"], python_files_of_tests(), {})

    assert chosen == ["tests/services/logs/test_group.py", *sorted(FOUND_BY_NAME["src/clary/services/"])]


def test_the_tests_that_are_named_are_there() -> None:
    named = [test for tests in FOUND_BY_NAME.values() for test in tests]

    assert set(named) <= set(python_files_of_tests())
    assert list(Path(ALWAYS).glob("test_*.py"))
