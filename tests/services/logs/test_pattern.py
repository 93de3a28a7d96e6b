from __future__ import annotations

import contextlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.domain.errors import BadRequest
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
        ("%ERROR%", "regular expressions"),
        ("{ $.a = %x% }", "regular expressions"),
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


def test_many_wildcards_do_not_backtrack() -> None:
    pattern = compile_pattern('{ $.a = "' + "*a" * 500 + '" }')

    # A regular expression made of this pattern would not answer within a lifetime.
    assert not pattern(orjson.dumps({"a": "a" * 1_000_000 + "b"}).decode())
    assert pattern(orjson.dumps({"a": "a" * 1_000_000}).decode())


@given(st.one_of(st.text(max_size=60), st.text('{}()$.=<>!&|"*% ab1-?[]', max_size=60)))
def test_any_pattern_is_compiled_or_refused(pattern: str) -> None:
    for text in (pattern, "{" + pattern + "}"):
        with contextlib.suppress(BadRequest):
            compile_pattern(text)(EVENT)
