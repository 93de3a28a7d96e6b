from __future__ import annotations

import contextlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.domain.errors import BadRequest
from clary.services.logs import _regex_pattern
from clary.services.logs._pattern import compile_pattern

EVENT = orjson.dumps(
    {
        "phase": "train",
        "loss": 0.25,
        "epoch": 3,
        "done": False,
        "error": None,
        "host": {"name": "algo-1", "gpus": [10, 20]},
        "cluster.name": "blue",
    }
).decode()


@pytest.mark.parametrize(
    ("pattern", "line", "matches"),
    [
        ("", "anything", True),
        ("  ", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR disk", "disk: ERROR", True),
        ("ERROR disk", "ERROR only", False),
        ('"out of memory"', "CUDA out of memory", True),
        ('"out of memory"', "memory out of", False),
        (r'"say \"yes\""', 'say "yes" now', True),
        ("?ERROR ?WARN", "WARN: x", True),
        ("?ERROR ?WARN", "INFO: x", False),
        ("ERROR -expected", "ERROR real", True),
        ("ERROR -expected", "ERROR expected", False),
        ('ERROR -"exit code 0"', "ERROR exit code 0", False),
        ('?"disk full" ?ERROR', "disk full", True),
        ("loss ?a ?b -c", "loss a", True),
        ("loss ?a ?b -c", "loss d", False),
        ("-", "a-b", True),
        ("-", "ab", False),
    ],
)
def test_terms_choose_lines(pattern: str, line: str, matches: bool) -> None:
    assert compile_pattern(pattern)(line) is matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.phase = "train" }', True),
        ("{ $.phase = train }", True),
        ('{ $.phase != "train" }', False),
        ('{ $.phase != "test" }', True),
        ('{ $.missing != "test" }', False),
        ("{ $.phase = tr* }", True),
        ("{ $.phase = *ai* }", True),
        ("{ $.phase = *in }", True),
        ("{ $.phase = t*x }", False),
        ("{ $.loss < 0.5 }", True),
        ("{ $.loss >= 0.25 }", True),
        ("{ $.loss > 2.5e-1 }", False),
        ("{ $.epoch = 3 }", True),
        ("{ $.epoch = 3.0 }", True),
        ("{ $.epoch <= -3 }", False),
        ("{ $.phase > 1 }", False),
        ("{ $.done IS FALSE }", True),
        ("{ $.done IS TRUE }", False),
        ("{ $.done = 0 }", False),
        ("{ $.error IS NULL }", True),
        ("{ $.missing IS NULL }", False),
        ("{ $.missing NOT EXISTS }", True),
        ("{ $.error EXISTS }", True),
        ("{ $.host.name = algo-1 }", True),
        ("{ $.host.gpus[1] = 20 }", True),
        ("{ $.host.gpus[2] NOT EXISTS }", True),
        ("{ $.['cluster.name'] = blue }", True),
        ("{ $.phase = train && $.epoch = 4 }", False),
        ("{ $.phase = train || $.epoch = 4 }", True),
        ("{ $.epoch = 4 && $.phase = train || $.loss < 1 }", True),
        ("{ $.epoch = 4 && ($.phase = train || $.loss < 1) }", False),
        ("{($.epoch=3)&&($.phase=train)}", True),
    ],
)
def test_fields_choose_lines_of_json(pattern: str, matches: bool) -> None:
    assert compile_pattern(pattern)(EVENT) is matches


def test_a_line_that_is_not_json_has_no_fields() -> None:
    pattern = compile_pattern("{ $.loss NOT EXISTS }")

    assert not pattern("loss: 0.1")
    assert not pattern("[" * 100_000)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ('"open', "quotation mark"),
        ('word"glued"', "quotation mark"),
        ("[a, b]", "columns"),
        ("%ERROR", "percent signs"),
        ("%", "percent signs"),
        ("%%", "percent signs"),
        ("{ $.a < %1% }", "not a number"),
        ("{ $.a = %x }", "not closed"),
        ("{ $.a = %x% || $.b = %y% || $.c = %z% }", "more than 2"),
        ("{ $.a = 1", "closing brace"),
        ("{ }", "a field"),
        ("{ a = 1 }", "a field"),
        ("{ $.a }", "was expected after a field"),
        ("{ $.a = }", "a value"),
        ("{ $.a < x }", "not a number"),
        ("{ $.a IS MAYBE }", "IS MAYBE"),
        ("{ $.a = 1 && }", "a field"),
        ("{ ($.a = 1 }", "parenthesis"),
        ("{ $.a = 1 ) }", "not expected"),
        ("{ $.a = 1 $.b = 2 }", "not expected"),
        ("{ " + "(" * 500 + "$.a = 1" + ")" * 500 + " }", "nested deeper"),
    ],
)
def test_a_malformed_pattern_is_refused_with_its_reason(pattern: str, reason: str) -> None:
    with pytest.raises(BadRequest, match="Invalid filter pattern") as refused:
        compile_pattern(pattern)

    assert refused.value.code == "InvalidParameterException"
    assert reason in refused.value.message


@pytest.mark.parametrize(
    ("pattern", "line", "matches"),
    [
        ("%ERROR%", "an ERROR here", True),
        ("%ERROR%", "an error here", False),
        ("%[Ee]rror|[Ff]ail%", "Failed", True),
        ("%colou?r%", "color", True),
        ("%^[hc]at%", "cat", True),
        ("%^[hc]at%", "a cat", False),
        ("%[hc]at$%", "a hat", True),
        ("%[^a-c]at%", "bat", False),
        (r"%^\d{1,3}\.\d{1,3}$%", "10.128", True),
        (r"%^\d{1,3}\.\d{1,3}$%", "10x128", False),
        (r"%^\w+\s=%", "loss =1", True),
        (r"%^\w+$%", "größe", False),
        (r"%\x41\(%", "A(", True),
        ("%a{3,5}b%", "aab", False),
        ("%x.y%", "x\ny", True),
        (r"%[[\]]%", "a]", True),
        ("%^[[:alpha:]$%", "z", False),
        ("%^[[:alpha:]$%", "[", True),
        (r"%100\%%", "at 100%", True),
    ],
)
def test_a_regular_expression_matches_anywhere_in_a_line(pattern: str, line: str, matches: bool) -> None:
    assert compile_pattern(pattern)(line) is matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("{ $.phase = %^tr.*n$% }", True),
        ("{ $.phase != %^tr% }", False),
        ("{ $.missing != %x% }", False),
        ("{ $.epoch = %3% }", False),
        ("{ $.phase = %x|in% && $.host.name = %-1$% }", True),
    ],
)
def test_a_regular_expression_judges_a_text_of_json(pattern: str, matches: bool) -> None:
    assert compile_pattern(pattern)(EVENT) is matches


@pytest.mark.parametrize(
    "expression",
    ["(a)", "a b", "a!", "é", r"\b", r"\1", r"\p", "a{e}", "a{,3}", "(?i)a", "[b-a]", "a**", "*", "[]"],
)
def test_an_expression_beyond_the_language_is_refused(expression: str) -> None:
    with pytest.raises(BadRequest, match=r"Invalid filter pattern: .*regular expression") as refused:
        compile_pattern(f"%{expression}%")

    assert refused.value.code == "InvalidParameterException"


def test_a_hostile_expression_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_regex_pattern, "BUDGET_S", 0.05)
    matches = compile_pattern("%" + "a*" * 12 + "[bc]%")

    # Without a budget, it would not answer within a lifetime.
    with pytest.raises(BadRequest, match="takes more than"):
        matches("a" * 10_000)
    with pytest.raises(BadRequest, match="takes more than"):
        matches("a" * 10_000)
    assert matches("b")


def test_many_wildcards_do_not_backtrack() -> None:
    pattern = compile_pattern('{ $.a = "' + "*a" * 500 + '" }')

    # A regular expression made of this pattern would not answer within a lifetime.
    assert not pattern(orjson.dumps({"a": "a" * 1_000_000 + "b"}).decode())
    assert pattern(orjson.dumps({"a": "a" * 1_000_000}).decode())


@given(st.one_of(st.text(max_size=60), st.text('{}()$.=<>!&|"*% ab1-?[]\\\\^,x', max_size=60)))
def test_any_pattern_is_compiled_or_refused(pattern: str) -> None:
    for text in (pattern, "{" + pattern + "}"):
        with contextlib.suppress(BadRequest):
            compile_pattern(text)(EVENT)
