"""Builds a report as one HTML file that needs no other file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .rendering import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class About:
    """The subject of a report. job: its name; empty if there is none. written_at: epoch seconds."""

    job: str
    written_at: float

    @property
    def when(self) -> str:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.written_at))


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a page. anchor: its name in links."""

    anchor: str
    title: str
    body: Markup


def page(title: str, about: About, summary: Markup, sections: Sequence[Section]) -> str:
    """The whole HTML document. The summary comes before the sections."""
    return str(
        render(
            "page.html", title=title, job=about.job, written_at=about.when, summary=summary, sections=sections
        )
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A table. Numbers are aligned to the right."""
    return render("table.html", head=head, rows=[[_cell(value) for value in row] for row in rows])


def frames(name: str, labels: Sequence[str], bodies: Sequence[Markup]) -> Markup:
    """A slider that selects one of the bodies to show; the last one at first. name: unique in the page."""
    if len(bodies) == 1:
        return bodies[0]
    return render("frames.html", name=name, frames=list(zip(labels, bodies, strict=True)))


class _Cell(NamedTuple):
    text: str
    number: bool


def _cell(value: object) -> _Cell:
    if isinstance(value, float):
        return _Cell(f"{value:.4g}", True)
    return _Cell(str(value), isinstance(value, int))
