from __future__ import annotations

from re import DOTALL, escape, fullmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.services.access.patterns import ArnPattern, Pattern, tokenize

texts = st.text(alphabet="ab:/*?", max_size=12)


def glob(pattern: str) -> Pattern:
    return Pattern(tokenize(pattern, wildcards=True, variables=False))


@given(pattern=texts, value=texts)
def test_a_pattern_matches_as_a_naive_matcher_says(pattern: str, value: str) -> None:
    naive = "".join({"*": ".*", "?": "."}.get(c, escape(c)) for c in pattern)

    assert glob(pattern).matches(value, {}) == (fullmatch(naive, value, DOTALL) is not None)


@given(value=st.text())
def test_a_star_matches_anything(value: str) -> None:
    assert glob("*").matches(value, {})


def test_a_hostile_pattern_does_not_go_back_and_forth() -> None:
    # A matcher that backtracks would need longer than anybody waits.
    assert not glob("*a" * 200 + "b").matches("a" * 1_000, {})


@pytest.mark.parametrize("hostile", ["${" * 500_000, "${a" + " " * 500_000 + "x}"])
def test_a_hostile_variable_is_read_once(hostile: str) -> None:
    # Read again from each place, it would take hours.
    assert not Pattern(tokenize(hostile, wildcards=True, variables=True)).matches("a", {})


@pytest.mark.parametrize(
    ("pattern", "context", "value", "expected"),
    [
        ("home/${aws:username}/*", {"aws:username": "ada"}, "home/ada/x", True),
        ("home/${ aws:username , 'bob' }/${x*", {}, "home/bob/${xyz", True),
        ("home/${aws:username}/*", {"aws:username": "ada"}, "home/bob/x", False),
        ("home/${aws:username}/*", {"aws:username": "*"}, "home/bob/x", False),
        ("home/${AWS:UserName}/*", {"aws:username": "ada"}, "home/ada/x", True),
        ("home/${aws:username}/*", {}, "home//x", False),
        ("home/${aws:username, 'all'}/*", {}, "home/all/x", True),
        ("home/${aws:tagkeys}", {"aws:tagkeys": ["a", "b"]}, "home/a", False),
        ("${*}${?}${$}", {}, "*?$", True),
        ("${*}", {}, "x", False),
    ],
)
def test_a_variable_is_a_value_of_the_request(
    pattern: str, context: dict[str, str], value: str, expected: bool
) -> None:
    compiled = Pattern(tokenize(pattern, wildcards=True, variables=True))

    assert compiled.matches(value, context) is expected


def test_without_variables_a_dollar_is_text() -> None:
    pattern = Pattern(tokenize("${aws:username}", wildcards=True, variables=False))

    assert pattern.matches("${aws:username}", {"aws:username": "ada"})


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("*", "anything", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k:1/x", True),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/k", True),
        ("arn:aws:*:*:*:*", "arn:aws:iam::1:role/x", True),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:user/a:role/x", False),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/k", False),
        ("arn:aws:s3:::b/*", "*", False),
        ("arn:aws:logs:*:*:log-group:/aws/*:*", "arn:aws:logs:r:1:log-group:/aws/x:log-stream:s", True),
    ],
)
def test_each_part_of_an_arn_matches_by_itself(pattern: str, value: str, expected: bool) -> None:
    assert ArnPattern(tokenize(pattern, wildcards=True, variables=True)).matches(value, {}) is expected
