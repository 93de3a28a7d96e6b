"""One HTML file that holds everything it shows."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
SCRIPT = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Section:
    """``body`` is HTML; ``anchor`` names it in links."""

    anchor: str
    title: str
    body: str


def page(title: str, summary: str, sections: Sequence[Section]) -> str:
    """The document; ``summary`` is HTML, shown before the sections."""
    links = "".join(f'<a href="#{section.anchor}">{escape(section.title)}</a>' for section in sections)
    bodies = "".join(
        f'<section id="{section.anchor}"><h2>{escape(section.title)}</h2>{section.body}</section>'
        for section in sections
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{summary}"
        f"<nav>{links}</nav>{bodies}<script>{SCRIPT}</script></body></html>"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Numbers to the right, texts escaped."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<div class="table"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def frames(name: str, labels: Sequence[str], bodies: Sequence[str]) -> str:
    """Bodies of which one is shown, the last to begin with, and a slider to choose another."""
    if len(bodies) == 1:
        return bodies[0]
    last = len(bodies) - 1
    shown = "".join(
        f'<div{" class=shown" if i == last else ""}><p class="quiet">{escape(label)}</p>{body}</div>'
        for i, (label, body) in enumerate(zip(labels, bodies, strict=True))
    )
    slider = (
        f'<input type="range" min="0" max="{last}" value="{last}" data-frames="{name}" aria-label="step">'
    )
    return f'{slider}<div class="frames" id="{name}">{shown}</div>'


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{value:.4g}</td>'
    if isinstance(value, int):
        return f'<td class="number">{value}</td>'
    return f"<td>{escape(str(value))}</td>"
