"""The modules of the host import each other at the top of their files, and never in a circle."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import clary.host

ROOT = Path(clary.host.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if "injected" not in path.parts)
LATE = {
    "profile/profiler.py": "gpu: ctypes, and a library of the driver, for hosts with GPUs only",
    "telemetry/utilization.py": "gpu: as in profile/profiler.py",
    "sandbox/detection.py": "probe_folder: not needed by a start that does not probe",
}
"""Files with an import inside a function, and the reason."""


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MODULES = {module_of(path) for path in FILES}


def targets(path: Path, node: ast.ImportFrom) -> list[str]:
    """The modules of the host that an import names, relative to it."""
    folder = path.parent
    for _ in range(node.level - 1):
        folder = folder.parent
    if not node.level or not folder.is_relative_to(ROOT):
        return []
    parts = [*folder.relative_to(ROOT).parts, *(node.module.split(".") if node.module else [])]
    named = [".".join([*parts, alias.name]) for alias in node.names]
    inside = [name for name in named if name in MODULES]
    whole = ".".join(parts)
    return inside or [name for name in (whole, f"{whole}.__init__") if name in MODULES]


@cache
def imports(path: Path) -> tuple[set[str], set[str]]:
    """The modules imported at run time: at the top of the file, and inside functions."""
    top: set[str] = set()
    late: set[str] = set()

    def visit(node: ast.AST, into: set[str]) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if isinstance(node, ast.ImportFrom):
            into.update(targets(path, node))
        inner = late if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) else into
        for child in ast.iter_child_nodes(node):
            visit(child, inner)

    visit(ast.parse(path.read_text(encoding="utf-8")), top)
    return top, late


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_modules_are_imported_at_the_top(path: Path) -> None:
    late = imports(path)[1]

    assert bool(late) == (str(path.relative_to(ROOT)) in LATE), late


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module_of(path): imports(path)[0] for path in FILES}
    done: set[str] = set()

    def follow(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " > ".join([*above[above.index(module) :], module])
        if module in done:
            return
        for other in sorted(graph[module]):
            follow(other, (*above, module))
        done.add(module)

    assert {"agent", "workloads.training", "user_job"} <= graph.keys()
    assert "user_job" in graph["workloads.training"]
    for module in graph:
        follow(module, ())
