"""The TypeScript code: its types, its own tests, and that the package contains its present build."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from clary.debugger.plot.widget import DRAWING
from clary.server.studio.pages import SITE

ROOT = Path(__file__).parents[2]
STUDIO = ROOT / "studio"
READY = STUDIO / "node_modules/.ready"

needs_node = pytest.mark.skipif(
    not READY.exists() or READY.stat().st_mtime < (STUDIO / "package-lock.json").stat().st_mtime,
    reason="the packages of studio/package-lock.json are not installed; `make studio` does it",
)


def npm(*arguments: str) -> str:
    done = subprocess.run(
        [str(ROOT / "tools/npm"), "--prefix", str(STUDIO), *arguments],
        env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "0"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_node
def test_the_types_of_the_drawing_code_are_correct() -> None:
    npm("run", "types")


@needs_node
def test_the_drawing_code_passes_its_own_tests() -> None:
    assert "passed" in npm("test")


@needs_node
def test_the_package_contains_the_present_build_of_the_drawing_code(tmp_path: Path) -> None:
    npm("run", "build", "--", "--outDir", str(tmp_path))

    assert (tmp_path / DRAWING.name).read_bytes() == DRAWING.read_bytes(), "run `make drawing` and commit it"


@needs_node
def test_the_package_contains_the_present_build_of_the_page(tmp_path: Path) -> None:
    npm("run", "site", "--", "--outDir", str(tmp_path))

    built, kept = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path, SITE)
    )
    assert built == kept, "run `make site` and commit it"


def test_the_first_page_is_small() -> None:
    page = (SITE / "index.html").read_text()
    first = re.findall(r'(?:src|href)="/studio/(assets/[^"]+\.js)"', page)

    assert first
    assert sum(len(gzip.compress((SITE / name).read_bytes())) for name in first) < 400_000


def test_the_page_carries_the_licences_of_what_is_built_in() -> None:
    said = (SITE / "licenses.md").read_text()
    packages = json.loads((STUDIO / "package.json").read_text())["dependencies"]

    assert [name for name in packages if name != "three" and f"## {name} " not in said] == []


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((STUDIO / "package-lock.json").read_text())

    assert "resolved" not in {key for package in lock["packages"].values() for key in package}
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_the_package_contains_the_licence_of_three_js() -> None:
    assert "SPDX-License-Identifier: MIT" in DRAWING.read_text()[:500]
    assert "three.js authors" in (DRAWING.parent / "LICENSE.three.txt").read_text()
