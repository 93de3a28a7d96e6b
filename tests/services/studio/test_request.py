"""The members of a page's request are checked one by one, and the error names the member."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clary.domain.errors import BadRequest
from clary.services.studio._request import count_of, text_of, texts_of


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda request: text_of(request, "Name", most=3), "abcd"),
        (lambda request: text_of(request, "Name"), ""),
        (lambda request: text_of(request, "Name"), 7),
        (lambda request: texts_of(request, "Name", most=2), ["a", "b", "c"]),
        (lambda request: texts_of(request, "Name", most=2), []),
        (lambda request: texts_of(request, "Name", most=2), ["a", ""]),
        (lambda request: texts_of(request, "Name", most=2), "ab"),
        (lambda request: count_of(request, "Name", default=1, least=1, most=9), 10),
        (lambda request: count_of(request, "Name", default=1, least=1, most=9), True),
        (lambda request: count_of(request, "Name", default=1, least=1, most=9), 2.0),
    ],
)
def test_a_bad_member_is_named(read: Callable[[dict[str, Any]], object], value: object) -> None:
    with pytest.raises(BadRequest, match="Name"):
        read({"Name": value})


def test_good_members_are_returned() -> None:
    assert text_of({"Name": "loss"}, "Name") == "loss"
    assert texts_of({"Name": ["a", "b"]}, "Name", most=2) == ["a", "b"]
    assert count_of({}, "Name", default=4, least=1, most=9) == 4
