from __future__ import annotations

import io

from rich.console import Console

from clary.cli.tables import LONGEST_CELL, print_rows, spelled

TITLES = ["Name", "Trial", "lr"]
ROWS = [["first-component", "a", "0.1"], ["second-component", "a", "0.25"]]


def printed(width: int, rows: list[list[str]] = ROWS, **wishes: object) -> list[str]:
    heard = io.StringIO()
    console = Console(file=heard, width=width)
    print_rows(TITLES, rows, console=console, **wishes)  # type: ignore[arg-type]
    return [line.rstrip() for line in heard.getvalue().splitlines()]


def test_what_fits_is_a_table() -> None:
    assert printed(40) == [
        "Name              Trial  lr",
        "first-component   a      0.1",
        "second-component  a      0.25",
    ]


def test_what_may_be_left_out_is_until_the_rest_fits_and_is_named() -> None:
    assert printed(24, may_leave_out=("lr", "Trial")) == [
        "Name              Trial",
        "first-component   a",
        "second-component  a",
        "(not shown: lr; a wider",
        "terminal or --json shows",
        "all)",
    ]


def test_a_narrow_column_that_went_before_a_wide_one_comes_back() -> None:
    rows = [["first-component", "a-trial-of-a-very-long-name", "0.1"]]

    lines = printed(24, rows, may_leave_out=("lr", "Trial"))

    assert lines[:2] == ["Name             lr", "first-component  0.1"]


def test_what_does_not_fit_is_told_row_by_row_and_no_name_is_broken() -> None:
    assert printed(14) == [
        "first-component",
        "  Trial  a",
        "  lr     0.1",
        "",
        "second-component",
        "  Trial  a",
        "  lr     0.25",
    ]


def test_a_group_is_named_once() -> None:
    rows = [["a", "x", "1"], ["a", "y", "2"], ["b", "z", "3"]]

    lines = printed(40, rows, grouped=True, heading=1)

    assert [line.split() for line in lines[1:]] == [["a", "x", "1"], ["y", "2"], ["b", "z", "3"]]


def test_values_are_shortened_and_names_are_not() -> None:
    long = "x" * (LONGEST_CELL + 20)

    (_, row) = printed(400, [[long, long, "1\n2"]])

    assert row.split() == [long, f"{long[: LONGEST_CELL - 3]}...", "1", "2"]


def test_values_are_no_markup() -> None:
    (_, row) = printed(80, [["[bold]", "[relu]", ":smile:"]])

    assert row.split() == ["[bold]", "[relu]", ":smile:"]


def test_cells_are_spelled_short() -> None:
    assert [spelled(value) for value in (None, "x", 0.1 + 0.2, 3, 1e-9, 10_000.0)] == [
        "",
        "x",
        "0.3",
        "3",
        "1e-09",
        "10000",
    ]
