"""The result of a subject: rows of values, budgets, and notes."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

CLARY = "Clary"
LESS_IS_BETTER = frozenset({"s", "ms", "MB", "kB", "% of a core", "off"})


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of one contestant, measured one or more times."""

    what: str
    who: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit that we promise, and the value measured for it."""

    promise: str
    measured: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of texts."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Result:
    """All rows, budgets, listings and notes that a subject reports."""

    title: str
    rows: list[Row] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, who: str, unit: str, values: list[float]) -> None:
        """Adds a row. what: the quantity. who: the contestant. values: one per turn."""
        self.rows.append(Row(what, who, unit, tuple(values)))

    def median(self, what: str, who: str = CLARY) -> float | None:
        """The median of one row; None when that contestant was not measured."""
        return next((row.median for row in self.rows if (row.what, row.who) == (what, who)), None)

    def best_peer(self, what: str) -> Row | None:
        """The row of the best peer for a quantity; None without peers."""
        peers = [row for row in self.rows if row.what == what and row.who != CLARY]
        if not peers:
            return None
        pick = min if peers[0].unit in LESS_IS_BETTER else max
        return pick(peers, key=lambda row: row.median)

    def clary_over(self, row: Row) -> float | None:
        """How many times better Clary is than a peer; below 1: worse. None if Clary was not measured."""
        own = self.median(row.what)
        if row.who == CLARY or own is None or not own or not row.median:
            return None
        return row.median / own if row.unit in LESS_IS_BETTER else own / row.median

    def budget_at_most(self, promise: str, value: float | None, limit: float, unit: str) -> None:
        """Adds a budget that holds if the value is at most the limit; None: it was not measured."""
        if value is not None:
            self.budgets.append(Budget(promise, _spell(value, unit), value <= limit))

    def budget_at_least(self, promise: str, value: float | None, limit: float, unit: str) -> None:
        """Adds a budget that holds if the value is at least the limit; None: it was not measured."""
        if value is not None:
            self.budgets.append(Budget(promise, _spell(value, unit), value >= limit))


def _spell(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}" if abs(value) < 1000 else f"{value:,.0f} {unit}"
