"""Instants on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.wire.instants import checked, epoch_seconds, read_instant, write_iso, write_rfc822
from clary.wire.mismatch import Mismatch

SECONDS = st.integers(-62135596800, 253402300799)


@given(SECONDS)
def test_a_whole_second_comes_back_from_both_spellings(seconds: int) -> None:
    assert read_instant(write_iso(seconds, milliseconds=False)) == seconds
    assert read_instant(write_iso(seconds, milliseconds=True)) == seconds
    if datetime.fromtimestamp(seconds, UTC).year >= 1000:
        assert read_instant(write_rfc822(seconds)) == seconds


@given(st.integers(0, 4_000_000_000_000))
def test_a_millisecond_comes_back_from_iso(milliseconds: int) -> None:
    assert round(read_instant(write_iso(milliseconds / 1000, milliseconds=False)) * 1000) == milliseconds


def test_a_fraction_is_written_where_there_is_one_or_always() -> None:
    assert write_iso(0, milliseconds=False) == "1970-01-01T00:00:00Z"
    assert write_iso(0, milliseconds=True) == "1970-01-01T00:00:00.000Z"
    assert write_iso(0.25, milliseconds=False) == "1970-01-01T00:00:00.250Z"
    assert write_iso(-0.25, milliseconds=False) == "1969-12-31T23:59:59.750Z"


def test_a_datetime_of_any_zone_is_epoch_seconds() -> None:
    assert epoch_seconds(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0
    assert epoch_seconds(datetime(1970, 1, 1)) == 0


@pytest.mark.parametrize("seconds", [-62135596801.0, 253402300800.0, float("inf"), float("nan")])
def test_an_instant_that_no_datetime_can_hold_is_refused(seconds: float) -> None:
    with pytest.raises(Mismatch):
        checked(seconds)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        read_instant(text)
    except Mismatch:
        return
