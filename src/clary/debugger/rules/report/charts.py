"""Charts as SVG text. Sizes are in user units; the page scales them to its width."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 34
COLORS = ("var(--a)", "var(--b)", "var(--c)", "var(--d)", "var(--e)", "var(--f)")
MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Line:
    """x and y have the same length; y may hold NaN, which leaves a gap."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


def lines(
    caption: str,
    series: Sequence[Line],
    *,
    x_label: str = "step",
    y_range: tuple[float, float] | None = None,
) -> str:
    """A line for each series over a shared pair of axes. y_range: what is shown at least."""
    series = [_thinned(line) for line in series]
    xs = [x for line in series for x in line.x]
    ys = [y for line in series for y in line.y if math.isfinite(y)]
    if not xs or not ys:
        return ""
    ys += y_range or ()
    x, y = _scale(xs, LEFT, WIDTH - RIGHT), _scale(ys, HEIGHT - BOTTOM, TOP)
    parts = [_axes(x, y, x_label)]
    for position, line in enumerate(series):
        color = COLORS[position % len(COLORS)]
        path = _path(
            [(x(a), y(b)) if math.isfinite(b) else None for a, b in zip(line.x, line.y, strict=True)]
        )
        parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.8"/>')
    return _figure(caption, "".join(parts), HEIGHT, [line.label for line in series])


def bars(caption: str, values: Mapping[str, float], *, unit: str = "") -> str:
    """A row for each value, in their order."""
    if not values:
        return ""
    row, most = 22, max(max(values.values()), 1e-12)
    label_width = min(220, 12 + 6.5 * max(len(label) for label in values))
    parts = []
    for position, (label, value) in enumerate(values.items()):
        top = position * row
        width = max(0.0, (WIDTH - label_width - 90) * value / most)
        parts.append(
            f'<text x="{label_width - 8:.0f}" y="{top + 15}" text-anchor="end">{escape(label[:34])}</text>'
            f'<rect x="{label_width:.0f}" y="{top + 4}" width="{width:.1f}" height="14" rx="2" '
            f'fill="{COLORS[0]}"/>'
            f'<text x="{label_width + width + 6:.1f}" y="{top + 15}">{value:.3g}{unit}</text>'
        )
    return _figure(caption, "".join(parts), row * len(values) + 4)


def histogram(caption: str, counts: Sequence[float], edges: Sequence[float], *, x_label: str = "") -> str:
    """counts: [B]; edges: [B + 1]."""
    if not counts or max(counts) <= 0:
        return ""
    x, y = _scale([edges[0], edges[-1]], LEFT, WIDTH - RIGHT), _scale([0, max(counts)], HEIGHT - BOTTOM, TOP)
    parts = [_axes(x, y, x_label)]
    for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
        width = max(x(high) - x(low) - 0.5, 0.5)
        parts.append(
            f'<rect x="{x(low):.1f}" y="{y(count):.1f}" width="{width:.1f}" height="{y(0) - y(count):.1f}" '
            f'fill="{COLORS[0]}"/>'
        )
    return _figure(caption, "".join(parts), HEIGHT)


def boxes(caption: str, values: Mapping[str, Mapping[str, float]]) -> str:
    """A box plot for each row: lower, p25, p50, p75, upper, in percent."""
    if not values:
        return ""
    row, label_width = 26, 150
    x = _scale([0, 100], label_width, WIDTH - 20)
    parts = []
    for position, (label, box) in enumerate(values.items()):
        top, middle = position * row + 5, position * row + 13
        parts.append(
            f'<text x="{label_width - 10}" y="{middle + 4}" text-anchor="end">{escape(label[:22])}</text>'
            f'<line x1="{x(box["lower"]):.1f}" x2="{x(box["upper"]):.1f}" y1="{middle}" y2="{middle}" '
            f'stroke="var(--quiet)"/>'
            f'<rect x="{x(box["p25"]):.1f}" y="{top}" width="{max(x(box["p75"]) - x(box["p25"]), 1):.1f}" '
            f'height="16" rx="2" fill="{COLORS[0]}" opacity=".75"/>'
            f'<line x1="{x(box["p50"]):.1f}" x2="{x(box["p50"]):.1f}" y1="{top}" y2="{top + 16}" '
            f'stroke="var(--ink)" stroke-width="2"/>'
        )
    bottom = row * len(values) + 8
    for percent in (0, 25, 50, 75, 100):
        parts.append(f'<text x="{x(percent):.0f}" y="{bottom + 10}" text-anchor="middle">{percent}%</text>')
    return _figure(caption, "".join(parts), bottom + 16)


def heat_map(caption: str, rows: Sequence[Sequence[float]], *, y_label: str, x_label: str) -> str:
    """A square for each number; each row is colored by its share of the row's sum."""
    size = len(rows)
    if not size:
        return ""
    cell = max(8.0, min(44.0, 420 / size))
    parts = []
    for i, values in enumerate(rows):
        total = sum(values) or 1
        for j, value in enumerate(values):
            share = value / total
            parts.append(
                f'<rect x="{LEFT + j * cell:.1f}" y="{TOP + i * cell:.1f}" width="{cell - 1:.1f}" '
                f'height="{cell - 1:.1f}" fill="var(--a)" fill-opacity="{0.06 + 0.94 * share:.3f}">'
                f"<title>{y_label} {i}, {x_label} {j}: {value:g}</title></rect>"
            )
            if cell >= 22:
                parts.append(
                    f'<text x="{LEFT + (j + 0.5) * cell:.1f}" y="{TOP + (i + 0.5) * cell + 4:.1f}" '
                    f'text-anchor="middle" style="fill:var(--ink)">{value:g}</text>'
                )
        parts.append(
            f'<text x="{LEFT - 6}" y="{TOP + (i + 0.5) * cell + 4:.1f}" text-anchor="end">{i}</text>'
            f'<text x="{LEFT + (i + 0.5) * cell:.1f}" y="{TOP + size * cell + 14:.1f}" '
            f'text-anchor="middle">{i}</text>'
        )
    parts.append(
        f'<text x="{LEFT}" y="{TOP + size * cell + 30:.1f}">{escape(x_label)}, rows: {escape(y_label)}</text>'
    )
    return _figure(caption, "".join(parts), round(TOP + size * cell + 36))


class _scale:
    """Maps numbers onto the page, linearly, with round marks."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        low, high = float(min(values)), float(max(values))
        if low == high:
            low, high = low - 0.5, high + 0.5
        self._low, self._span, self._start, self._length = low, high - low, start, end - start
        step = 10 ** math.floor(math.log10(self._span / 4))
        step *= next((factor for factor in (1, 2, 5) if self._span / (step * factor) <= 6), 10)
        first = math.ceil(low / step) * step
        self.marks = [first + i * step for i in range(int((high - first) / step + 1e-9) + 1)]

    def __call__(self, value: float) -> float:
        return self._start + self._length * (value - self._low) / self._span


def _axes(x: _scale, y: _scale, x_label: str) -> str:
    parts = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}" stroke="var(--line)"/>'
        f'<text x="{LEFT - 6}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark:.4g}</text>'
        for mark in y.marks
    ]
    below = HEIGHT - BOTTOM + 15
    parts += [
        f'<text x="{x(mark):.1f}" y="{below}" text-anchor="middle">{mark:.5g}</text>' for mark in x.marks
    ]
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x_label)}</text>')
    return "".join(parts)


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    pen_down, parts = False, []
    for point in points:
        if point is not None:
            parts.append(f"{'L' if pen_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        pen_down = point is not None
    return "".join(parts)


def _thinned(line: Line) -> Line:
    """Every n-th point and the last: more than the page has pixels for only makes it slow."""
    stride = max(1, math.ceil(len(line.x) / MOST_POINTS))
    if stride == 1:
        return line
    keep = [*range(0, len(line.x) - 1, stride), len(line.x) - 1]
    return Line(line.label, [line.x[i] for i in keep], [line.y[i] for i in keep])


def _figure(caption: str, drawing: str, height: int, labels: Sequence[str] = ()) -> str:
    legend = "".join(
        f' <span style="color:{COLORS[i % len(COLORS)]}">&#9632; {escape(label)}</span>'
        for i, label in enumerate(labels)
    )
    return (
        f"<figure><figcaption>{escape(caption)}{legend}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" aria-label="{escape(caption)}">'
        f"{drawing}</svg></figure>"
    )
