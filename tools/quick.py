"""The tests of what changed, for ``make quick``: chosen by path and by import, nearest first, for 40 seconds.

    changed file                       tests that run
    src/clary/store/records.py         tests/store/test_records.py, those that import clary.store.records, and
                                       the tests of each module that imports it
    src/clary/.../pytorch.toml         the tests of the folder
    tests/store/test_records.py        itself; another file of tests/: those that import it
    anything                           tests/conventions

Journeys and browser tests take minutes. They are named, not run.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import grimp
import pytest

TESTS_S = 40.0
"""After this time no further test begins, except those that always run."""

FEW = 4
"""Up to this number of test files, one process is faster than two."""

SLOW = ("tests/journeys/", "tests/studio/")
ALWAYS = "tests/conventions"
UNTIL = "CLARY_QUICK_UNTIL"

FOUND_BY_NAME = {
    "src/clary/services/": (
        "tests/services/access/test_reference.py",
        "tests/server/test_one_transaction.py",
    ),
    "src/clary/debugger/rules/": ("tests/debugger/rules/test_catalogue.py",),
    "src/clary/kinds/": (
        "tests/kinds/test_contract.py",
        "tests/kinds/test_states.py",
        "tests/kinds/test_made_up_kinds.py",
    ),
    "src/clary/host/workloads/": ("tests/host/workloads/test_workload.py",),
}
"""Tests of whatever lies in a folder. Its modules are found by their names, so no import leads to them."""

Importers = dict[str, set[str]]
"""Module to the modules that import it: of ``clary`` and of ``tests``."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--base", default="", help="compare with this commit; the branch point of main if empty"
    )
    base = parser.parse_args().base or branch_point()
    changed = changed_files(base)
    files = python_files_of_tests()
    chosen = choose(changed, files, importers(files))
    fast = [path for path in chosen if not path.startswith(SLOW)]
    slow = [path for path in chosen if path.startswith(SLOW)]
    print(f"{len(changed)} files changed since {base[:12]}: the tests in {len(fast)} files, and {ALWAYS}")
    for path in slow:
        print(f"  not run, takes minutes: {path}")
    workers = ["-n", "2"] if len(fast) > FEW else ["-p", "no:xdist"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tools.quick", *workers, *fast, ALWAYS]
    until = str(time.time() + TESTS_S)
    return subprocess.run(command, env={**os.environ, UNTIL: until}, check=False).returncode


def branch_point() -> str:
    """The commit at which this branch left main; the last commit where there is no main."""
    for main_branch in ("main", "origin/main"):
        found = _git("merge-base", main_branch, "HEAD", check=False)
        if found:
            return found[0]
    return _git("rev-parse", "HEAD")[0]


def changed_files(base: str) -> list[str]:
    """Files that differ from a commit, with those not yet committed or tracked, without deleted ones."""
    tracked = _git("diff", "--name-only", "--no-renames", "--diff-filter=d", base)
    return sorted({*tracked, *_git("ls-files", "--others", "--exclude-standard")})


def python_files_of_tests() -> list[str]:
    return sorted(str(path) for path in Path("tests").rglob("*.py"))


def importers(files: list[str]) -> Importers:
    """Who imports whom, of the package and of the tests."""
    graph = grimp.build_graph("clary", exclude_type_checking_imports=True, cache_dir=None)
    found = {module: set(graph.find_modules_that_directly_import(module)) for module in graph.modules}
    for path in files:
        for module in _imported(ast.parse(Path(path).read_text())):
            found.setdefault(module, set()).add(module_of(path))
    return found


def choose(changed: list[str], files: list[str], importers: Importers) -> list[str]:
    """The test files to run, nearest to the change first.

    files: all Python files below tests/.
    """
    tests = {module_of(path): path for path in files if Path(path).name.startswith("test_")}
    distance: dict[str, int] = {}
    for path in changed:
        for steps, found in enumerate(_by_distance(path, tests, importers)):
            for test in found:
                distance[test] = min(steps, distance.get(test, steps))
    return sorted(distance, key=lambda test: (distance[test], test))


def _by_distance(path: str, tests: dict[str, str], importers: Importers) -> list[list[str]]:
    """The tests of one changed file: itself, those of its name, those that use it, those of what uses it."""
    if path in tests.values():
        return [[path]]
    if path.startswith("tests/") and path.endswith("conftest.py"):
        return [[], [], _below(path.removesuffix("conftest.py"), tests)]
    found_by_name = [
        test for start, others in FOUND_BY_NAME.items() if path.startswith(start) for test in others
    ]
    if path.endswith(".py") and path.startswith(("src/", "tests/", "bench/")):
        users = _users(module_of(path), importers)
        using = [tests[user] for user in users if user in tests]
        further = [test for user in users for test in mirrors(user, tests)]
        return [[], mirrors(module_of(path), tests), using, further + found_by_name]
    return [[], [], [], _of_folder(path, tests) + found_by_name]


def module_of(path: str) -> str:
    """``src/clary/store/records.py`` is ``clary.store.records``; a package has the name of its folder."""
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def mirrors(module: str, tests: dict[str, str]) -> list[str]:
    """The test files of a module by their names: ``tests.store.test_records`` of ``clary.store.records``."""
    folder, _, name = module.removeprefix("clary.").rpartition(".")
    parent, _, last = folder.rpartition(".")
    test = name.lstrip("_")
    named = [f"tests.{folder}.test_{test}", f"tests.{parent}.test_{last}_{test}"]
    return [tests[name] for name in named if name in tests]


def _users(module: str, importers: Importers) -> list[str]:
    """Those that import a module, also through a package that passes it on."""
    direct = importers.get(module, set())
    package = module.rpartition(".")[0]
    return sorted(direct | importers.get(package, set()) if package in direct else direct)


def _of_folder(path: str, tests: dict[str, str]) -> list[str]:
    """The tests beside a data file of the package, or of the nearest folder above that has tests."""
    if path.startswith("src/clary/"):
        for folder in Path(path.replace("src/clary/", "tests/")).parents:
            found = [test for test in tests.values() if Path(test).parent == folder]
            if found:
                return found
    return []


def _below(folder: str, tests: dict[str, str]) -> list[str]:
    return [test for test in tests.values() if test.startswith(folder)]


def _imported(tree: ast.Module) -> set[str]:
    """Modules that a file names in its imports, at any depth."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _git(*arguments: str, check: bool = True) -> list[str]:
    answer = subprocess.run(["git", *arguments], capture_output=True, text=True, check=check)
    return answer.stdout.splitlines()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """As a plugin of pytest: when the time is over, no test begins but those of the conventions."""
    if time.time() > float(os.environ[UNTIL]) and not item.nodeid.startswith(ALWAYS):
        pytest.skip(f"not run: the {TESTS_S:.0f} seconds of make quick were over")


if __name__ == "__main__":
    raise SystemExit(main())
