"""What ``docs/dev/glossary.md`` and the style of the code settle: names, retired words, docstrings, sizes."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "clary"

NAMED_BY_OTHERS = ("compute/environments/shims/",)
"""Modules that stand in for those of AWS's images: other people chose their names."""

RETIRED = ("caretaker", "facet", "surroundings", "workshop")
"""Parts of names. The glossary says what is used instead."""

RETIRED_CLASSES = {"Member", "Members", "Places", "Way"}

LONG = 300
LONG_FILES = {
    "host/injected/launcher.py": "a job starts it as one file, which may import the standard library only",
    "host/sandbox/inner.py": "process 1 of a sandbox: one file, because nothing can be imported inside",
    "store/schema.py": "all tables, which migrations are compared with",
}
"""Files of more lines than ``LONG``, each with the reason why it is not divided."""


@cache
def _modules() -> dict[str, ast.Module]:
    """Every module of the package, by its path below ``clary``."""
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text())
        for path in sorted(SOURCE.rglob("*.py"))
    }


@cache
def _classes() -> list[tuple[str, ast.ClassDef]]:
    """(path, class) of every class of the package."""
    return [
        (path, node)
        for path, module in _modules().items()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
    ]


def test_the_name_of_a_class_is_used_once() -> None:
    found = defaultdict(list)
    for path, node in _classes():
        if not path.startswith(NAMED_BY_OTHERS):
            found[node.name].append(path)

    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


def test_retired_words_do_not_come_back() -> None:
    found = {
        (path, name)
        for path, module in _modules().items()
        for name in _names(module)
        if any(word in name.lower() for word in RETIRED)
    }
    classes = {(path, node.name) for path, node in _classes() if node.name in RETIRED_CLASSES}

    assert found | classes == set()


def test_the_glossary_names_what_is_retired() -> None:
    page = (ROOT / "docs/dev/glossary.md").read_text().partition("## Retired")[2].lower()

    assert [word for word in RETIRED if word not in page] == []


def test_a_public_function_that_raises_an_error_of_the_platform_says_so() -> None:
    errors = _platform_errors()

    silent = [
        f"{path}: {name} raises {', '.join(sorted(raised))}"
        for path, module in _modules().items()
        for name, function in _public_functions(module.body)
        if (raised := _raised(function) & errors)
        and not re.search(r"\b[Rr]aises\b", ast.get_docstring(function) or "")
    ]

    assert silent == []


def test_long_files_have_a_reason() -> None:
    long = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if len(path.read_text().splitlines()) > LONG
    }

    assert long == set(LONG_FILES)


def _names(module: ast.Module) -> Iterator[str]:
    """Every name that a module defines or uses."""
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.alias(name=name):
                yield name


@cache
def _platform_errors() -> frozenset[str]:
    """Names of PlatformError and of all classes derived from it."""
    bases = {
        node.name: {base for written in node.bases if (base := _last_name(written))} for _, node in _classes()
    }
    errors = {"PlatformError"}
    while derived := {name for name, of in bases.items() if of & errors} - errors:
        errors |= derived
    return frozenset(errors)


def _public_functions(body: list[ast.stmt]) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public_functions(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name, node


def _raised(function: ast.AST) -> set[str]:
    """Classes of the errors that a function's own statements raise, not those of functions inside it."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            found.add(_last_name(raised))
        found |= _raised(node)
    return found


def _last_name(node: ast.expr) -> str:
    """``errors.NotFound`` is NotFound; empty for what is no name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
