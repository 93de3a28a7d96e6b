"""Pages and notes name files, sections and other pages that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")], key=str)
SOURCES = [
    path.relative_to(ROOT).as_posix()
    for folder in ("src", "tests", "bench", "tools", "examples")
    for path in (ROOT / folder).rglob("*.py")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_pages_and_sections(page: Path) -> None:
    links = re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([\w-]+))?\)", page.read_text())

    wrong = [
        f"{path}#{section}"
        for path, section in links
        if not (target := page.parent / path if path else page).exists()
        or (section and section not in _sections(target))
    ]

    assert wrong == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs/dev").glob("*.md")), ids=lambda page: page.name)
def test_notes_name_modules_that_exist(page: Path) -> None:
    named = set(re.findall(r"`([\w/]+\.py)`", page.read_text()))

    assert [name for name in named if not any(f"/{source}".endswith(f"/{name}") for source in SOURCES)] == []


def test_a_decision_stands_once() -> None:
    heads = re.findall(r"^- \*\*(.+?)\*\*", (ROOT / "docs/dev/decisions.md").read_text(), re.MULTILINE)

    assert len(heads) == len(set(heads))


def _sections(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
