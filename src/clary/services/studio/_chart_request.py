"""The charts of a board, checked: what a page keeps must be what a page can draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest

if TYPE_CHECKING:
    from clary.services.context import Document

MOST_CHARTS = 60
MOST_TITLE = 200
MOST_COLUMN = 1_024
MOST_COLUMNS = 20


def charts_of(raw: object) -> list[Document]:
    """Returns the charts as they came. Raises BadRequest, which names the chart and the member.

    A column is a path of Search, such as ``Parameters.lr`` or ``Metrics.loss.Last``.
    """
    if not isinstance(raw, list) or len(raw) > MOST_CHARTS:
        raise BadRequest(f"Charts has to be a list of at most {MOST_CHARTS} charts")
    for index, chart in enumerate(raw):
        _check(f"Charts[{index}]", chart)
    ids = [chart["Id"] for chart in raw]
    if len(set(ids)) < len(ids):
        raise BadRequest("each of Charts has to have an Id of its own")
    return raw


def _check(name: str, chart: object) -> None:
    if not isinstance(chart, dict):
        raise BadRequest(f"{name} has to be an object")
    kind = chart.get("Kind")
    settings = _SETTINGS.get(kind) if isinstance(kind, str) else None
    if settings is None:
        raise BadRequest(f"{name}.Kind has to be one of {', '.join(_SETTINGS)}")
    members = {**_OF_ALL, **settings}
    for member, value in chart.items():
        if member not in members:
            raise BadRequest(f"{name}.{str(member)[:64]} is no member of a chart of Kind {kind}")
        check, wanted = members[member]
        if not check(value):
            raise BadRequest(f"{name}.{member} has to be {wanted}")
    missing = [member for member in ("Id", "Kind", "Title", "Width") if member not in chart]
    if missing:
        raise BadRequest(f"{name}.{missing[0]} is missing")


def _is_text(most: int, least: int = 0) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def _is_number(least: float, most: float) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        return isinstance(value, int | float) and type(value) is not bool and least <= value <= most

    return check


def _is_list(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_COLUMNS
        and all(_is_text(MOST_COLUMN, 1)(x) for x in value)
    )


def _is_flag(value: object) -> bool:
    return type(value) is bool


_Member = tuple[Callable[[object], bool], str]
_COLUMN: _Member = (_is_text(MOST_COLUMN), f"a text of at most {MOST_COLUMN} characters")
_COLUMNS: _Member = (_is_list, f"a list of at most {MOST_COLUMNS} texts")
_FLAG: _Member = (_is_flag, "true or false")
_OF_ALL: dict[str, _Member] = {
    "Id": (_is_text(64, 1), "a text of 1 to 64 characters"),
    "Kind": (_is_text(64, 1), "a text"),
    "Title": (_is_text(MOST_TITLE), f"a text of at most {MOST_TITLE} characters"),
    "Width": (_is_number(1, 3), "1, 2 or 3"),
    "Height": (_is_number(1, 3), "1, 2 or 3"),
}
_SETTINGS: dict[str, dict[str, _Member]] = {
    "Line": {
        "Metrics": _COLUMNS,
        "Axis": (
            lambda value: value in ("Step", "Time", "RelativeTime", "Metric"),
            "Step, Time, RelativeTime or Metric",
        ),
        "XMetric": _COLUMN,
        "GroupBy": _COLUMN,
        "Smoothing": (_is_number(0, 0.999), "a number from 0 to 0.999"),
        "LogX": _FLAG,
        "LogY": _FLAG,
    },
    "Scatter": {"X": _COLUMN, "Y": _COLUMN, "Colour": _COLUMN, "LogX": _FLAG, "LogY": _FLAG},
    "Bar": {"Value": _COLUMN, "GroupBy": _COLUMN, "LogY": _FLAG},
    "Histogram": {"Value": _COLUMN, "Bins": (_is_number(2, 200), "a number from 2 to 200"), "LogX": _FLAG},
    "Parallel": {"Columns": _COLUMNS, "Colour": _COLUMN},
    "Importance": {"Value": _COLUMN},
}
"""The members of each kind of chart."""
