"""Draws charts as SVG. Sizes are in SVG user units; the page scales a chart to its width.

The functions here compute the marks of a chart; ``templates/figure.html`` writes them as SVG.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .marks import Curve, Mark, Rect, Stroke, Text
from .rendering import joined, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 34
COLORS = ("var(--a)", "var(--b)", "var(--c)", "var(--d)", "var(--e)", "var(--f)")
MAX_POINTS = 400


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One line of a chart. x and y have the same length; NaN in y leaves a gap."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


def lines(
    caption: str,
    series: Sequence[ChartLine],
    *,
    x_label: str = "step",
    y_range: tuple[float, float] | None = None,
) -> Markup:
    """A line chart. y_range: the range that the y axis shows at least. Empty without any finite value."""
    series = [_thinned(line) for line in series]
    xs = [x for line in series for x in line.x]
    ys = [y for line in series for y in line.y if math.isfinite(y)]
    if not xs or not ys:
        return joined(())
    ys += y_range or ()
    x, y = _Scale(xs, LEFT, WIDTH - RIGHT), _Scale(ys, HEIGHT - BOTTOM, TOP)
    marks = _axes(x, y, x_label)
    for position, line in enumerate(series):
        path = _path(
            [(x(a), y(b)) if math.isfinite(b) else None for a, b in zip(line.x, line.y, strict=True)]
        )
        marks.append(Curve(path, COLORS[position % len(COLORS)]))
    return _figure(caption, marks, HEIGHT, [line.label for line in series])


def bars(caption: str, values: Mapping[str, float], *, unit: str = "") -> Markup:
    """A bar chart with one row per value, in the order of ``values``. Empty without values."""
    if not values:
        return joined(())
    row, most = 22, max(max(values.values()), 1e-12)
    label_width = min(220, 12 + 6.5 * max(len(label) for label in values))
    marks: list[Mark] = []
    for position, (label, value) in enumerate(values.items()):
        top = position * row
        width = max(0.0, (WIDTH - label_width - 90) * value / most)
        marks += [
            Text(label_width - 8, top + 15, label[:34], "end"),
            Rect(label_width, top + 4, width, 14, COLORS[0], rounded=True),
            Text(label_width + width + 6, top + 15, f"{value:.3g}{unit}"),
        ]
    return _figure(caption, marks, row * len(values) + 4)


def histogram(caption: str, counts: Sequence[float], edges: Sequence[float], *, x_label: str = "") -> Markup:
    """A histogram. counts: [B]; edges: [B + 1]. Empty if all counts are 0."""
    if not counts or max(counts) <= 0:
        return joined(())
    x, y = _Scale([edges[0], edges[-1]], LEFT, WIDTH - RIGHT), _Scale([0, max(counts)], HEIGHT - BOTTOM, TOP)
    marks = _axes(x, y, x_label)
    for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
        width = max(x(high) - x(low) - 0.5, 0.5)
        marks.append(Rect(x(low), y(count), width, y(0) - y(count), COLORS[0]))
    return _figure(caption, marks, HEIGHT)


def boxes(caption: str, values: Mapping[str, Mapping[str, float]]) -> Markup:
    """A box plot per row. values: by label, its lower, p25, p50, p75 and upper in percent."""
    if not values:
        return joined(())
    row, label_width = 26, 150
    x = _Scale([0, 100], label_width, WIDTH - 20)
    marks: list[Mark] = []
    for position, (label, box) in enumerate(values.items()):
        top, middle = position * row + 5, position * row + 13
        low, median, high = x(box["p25"]), x(box["p50"]), x(box["p75"])
        marks += [
            Text(label_width - 10, middle + 4, label[:22], "end"),
            Stroke(x(box["lower"]), x(box["upper"]), middle, middle, "var(--quiet)"),
            Rect(low, top, max(high - low, 1), 16, COLORS[0], opacity=0.75, rounded=True),
            Stroke(median, median, top, top + 16, "var(--ink)", width=2),
        ]
    bottom = row * len(values) + 8
    marks += [Text(x(percent), bottom + 10, f"{percent}%", "middle") for percent in (0, 25, 50, 75, 100)]
    return _figure(caption, marks, bottom + 16)


def heat_map(caption: str, rows: Sequence[Sequence[float]], *, y_label: str, x_label: str) -> Markup:
    """A heat map. rows: [C, C]. The color of a square shows its share of the row's sum."""
    size = len(rows)
    if not size:
        return joined(())
    cell = max(8.0, min(44.0, 420 / size))
    marks: list[Mark] = []
    for i, values in enumerate(rows):
        total = sum(values) or 1
        middle = TOP + (i + 0.5) * cell + 4
        for j, value in enumerate(values):
            title = f"{y_label} {i}, {x_label} {j}: {value:g}"
            left, opacity = LEFT + j * cell, 0.06 + 0.94 * value / total
            marks.append(
                Rect(left, TOP + i * cell, cell - 1, cell - 1, COLORS[0], opacity=opacity, title=title)
            )
            if cell >= 22:
                marks.append(Text(left + cell / 2, middle, f"{value:g}", "middle", "var(--ink)"))
        marks.append(Text(LEFT - 6, middle, str(i), "end"))
        marks.append(Text(LEFT + (i + 0.5) * cell, TOP + size * cell + 14, str(i), "middle"))
    marks.append(Text(LEFT, TOP + size * cell + 30, f"{x_label}, rows: {y_label}"))
    return _figure(caption, marks, round(TOP + size * cell + 36))


class _Scale:
    """Maps numbers linearly to positions in the drawing. ``marks``: round numbers for the axis."""

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


def _axes(x: _Scale, y: _Scale, x_label: str) -> list[Mark]:
    marks: list[Mark] = []
    for mark in y.marks:
        marks.append(Stroke(LEFT, WIDTH - RIGHT, y(mark), y(mark), "var(--line)"))
        marks.append(Text(LEFT - 6, y(mark) + 4, f"{mark:.4g}", "end"))
    marks += [Text(x(mark), HEIGHT - BOTTOM + 15, f"{mark:.5g}", "middle") for mark in x.marks]
    return [*marks, Text(WIDTH - RIGHT, HEIGHT - 4, x_label, "end")]


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    pen_down, parts = False, []
    for point in points:
        if point is not None:
            parts.append(f"{'L' if pen_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        pen_down = point is not None
    return "".join(parts)


def _thinned(line: ChartLine) -> ChartLine:
    """Every n-th point and the last one: more points than pixels would only make the page slow."""
    stride = max(1, math.ceil(len(line.x) / MAX_POINTS))
    if stride == 1:
        return line
    keep = [*range(0, len(line.x) - 1, stride), len(line.x) - 1]
    return ChartLine(line.label, [line.x[i] for i in keep], [line.y[i] for i in keep])


def _figure(caption: str, marks: Sequence[Mark], height: int, labels: Sequence[str] = ()) -> Markup:
    legend = [(label, COLORS[i % len(COLORS)]) for i, label in enumerate(labels)]
    return render(
        "figure.html",
        caption=caption,
        legend=legend,
        width=WIDTH,
        height=height,
        marks=[mark.written() for mark in marks],
    )
