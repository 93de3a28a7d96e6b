from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.services._page_token import read_token, write_token


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_token_holds_the_position_it_was_made_of(number: float, text: str) -> None:
    assert read_token(write_token(number, text), float, str) == [number, text]


@pytest.mark.parametrize(
    "content", [b"", b"[", b"{}", b'{"a": 1}', b"[1]", b'[1, "a", 2]', b'["a", 1]', b'[true, "a"]']
)
def test_a_token_of_other_values_is_none(content: bytes) -> None:
    assert read_token(base64.urlsafe_b64encode(content).decode(), int, str) is None


@given(st.text())
def test_any_other_text_is_none(text: str) -> None:
    assert read_token(text, int, str) is None
