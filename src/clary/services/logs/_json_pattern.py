"""The JSON form of a filter pattern, ``{ $.field = value && ... }``, compiled to a function.

    either     := both ( "||" both )*
    both       := one ( "&&" one )*
    one        := "(" either ")" | path compare value | path "IS" (NULL|TRUE|FALSE) | path ["NOT"] "EXISTS"
    compare    := = != < <= > >=
    value      := number | word | "text", with * for any run of characters; after = and !=, %regex% too

A line that is not JSON does not match. A comparison with a field that the line lacks is false.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import orjson

from clary.services.logs._regex_pattern import compile_regex
from clary.services.logs._request import invalid

Test = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<sign>&&|\|\||!=|<=|>=|[()=<>])
    |(?P<path>\$(?:\.[\w\-@:]+|\.?\[(?:[0-9]{1,9}|'[^']*'|"[^"]*")\])+)
    |"(?P<text>(?:[^"\\]|\\.)*)"
    |%(?P<regex>(?:[^%\\]|\\.)+)%
    |(?P<word>[^\s()&|=<>!"$]+)
    )\s*""",
    re.VERBOSE | re.DOTALL,
)
_STEP = re.compile(r"""\.([\w\-@:]+)|\[([0-9]+)\]|\['([^']*)'\]|\["([^"]*)"\]""")
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_MISSING = object()
_DEEPEST = 50
MOST_EXPRESSIONS = 2
"""As in CloudWatch Logs."""


def compile_json_pattern(text: str) -> Callable[[str], bool]:
    """``text`` starts with a brace. Raises InvalidParameterException."""
    if not text.endswith("}"):
        raise invalid(f"Invalid filter pattern {text!r}: the closing brace is missing")
    parser = _Parser(text)
    test = parser.either(0)
    parser.expect_end()

    def matches(message: str) -> bool:
        try:
            document = orjson.loads(message)
        except ValueError:
            return False
        return test(document)

    return matches


class _Parser:
    """A recursive descent parser. ``_kind`` and ``_token`` are the current token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._body = text[1:-1]
        self._end = 0
        self._expressions = 0
        self._advance()

    def either(self, depth: int) -> Test:
        tests = [self._both(depth)]
        while self._take("||"):
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda document: any(test(document) for test in tests)

    def expect_end(self) -> None:
        """Raises InvalidParameterException when tokens are left."""
        if self._kind != "":
            raise self._wrong(f"{self._token!r} was not expected")

    def _both(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._take("&&"):
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda document: all(test(document) for test in tests)

    def _one(self, depth: int) -> Test:
        if self._take("("):
            if depth >= _DEEPEST:
                raise self._wrong(f"parentheses are nested deeper than {_DEEPEST}")
            test = self.either(depth + 1)
            if not self._take(")"):
                raise self._wrong("a parenthesis is not closed")
            return test
        if self._kind != "path":
            raise self._wrong("a field such as $.loss was expected")
        field = _field(self._token)
        self._advance()
        return self._condition(field)

    def _condition(self, field: Callable[[Any], Any]) -> Test:
        if self._kind == "word":
            return self._state(field)
        sign = self._token
        if self._kind != "sign" or sign not in {"=", "!=", *_ORDER}:
            raise self._wrong("one of = != < <= > >= IS EXISTS was expected after a field")
        self._advance()
        kind, value = self._kind, self._token
        if kind not in {"word", "text", "regex"}:
            raise self._wrong(f"a value was expected after {sign}")
        self._advance()
        if kind == "word" and value.startswith("%"):
            raise self._wrong("a regular expression %...% is not closed")
        if sign in _ORDER:
            return self._ordered(field, sign, kind, value)
        same = self._matches(value) if kind == "regex" else _equals(value)
        if sign == "=":
            return lambda document: (found := field(document)) is not _MISSING and same(found)
        return lambda document: (found := field(document)) is not _MISSING and not same(found)

    def _matches(self, expression: str) -> Test:
        self._expressions += 1
        if self._expressions > MOST_EXPRESSIONS:
            raise self._wrong(f"it has more than {MOST_EXPRESSIONS} regular expressions")
        matches = compile_regex(expression)
        return lambda found: isinstance(found, str) and matches(found)

    def _ordered(self, field: Callable[[Any], Any], sign: str, kind: str, value: str) -> Test:
        number = None if kind == "regex" else _number(value)
        if number is None:
            raise self._wrong(f"{value!r} is not a number, and {sign} compares numbers")
        compare = _ORDER[sign]
        return lambda document: _is_number(found := field(document)) and bool(compare(found, number))

    def _state(self, field: Callable[[Any], Any]) -> Test:
        words: list[str] = []
        while self._kind == "word" and len(words) < 2:
            words.append(self._token.upper())
            self._advance()
            if words == ["EXISTS"]:
                break
        match words:
            case ["EXISTS"]:
                return lambda document: field(document) is not _MISSING
            case ["NOT", "EXISTS"]:
                return lambda document: field(document) is _MISSING
            case ["IS", "NULL" | "TRUE" | "FALSE" as name]:
                wanted = {"NULL": None, "TRUE": True, "FALSE": False}[name]
                return lambda document: field(document) is wanted
        raise self._wrong(f"{' '.join(words)!r} is not IS NULL, IS TRUE, IS FALSE, EXISTS or NOT EXISTS")

    def _take(self, sign: str) -> bool:
        if self._kind != "sign" or self._token != sign:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        if not self._body[self._end :].strip():
            self._kind, self._token = "", ""
            return
        found = _TOKEN.match(self._body, self._end)
        if found is None or found.lastgroup is None:
            raise self._wrong(f"{self._body[self._end :].strip()!r} cannot be read")
        self._end = found.end()
        self._kind = found.lastgroup
        token = found[self._kind]
        self._token = re.sub(r"\\(.)", r"\1", token) if self._kind == "text" else token

    def _wrong(self, reason: str) -> Exception:
        return invalid(f"Invalid filter pattern {self._text!r}: {reason}")


def _field(path: str) -> Callable[[Any], Any]:
    """A function that reads the value at a path such as ``$.a.b[0]``; _MISSING when there is none."""
    steps: list[str | int] = []
    for name, index, single, double in _STEP.findall(path):
        steps.append(int(index) if index else name or single or double)

    def read(document: Any) -> Any:
        for step in steps:
            if isinstance(step, int):
                if not isinstance(document, list) or step >= len(document):
                    return _MISSING
            elif not isinstance(document, dict) or step not in document:
                return _MISSING
            document = document[step]
        return document

    return read


def _equals(value: str) -> Test:
    number = _number(value)
    pieces = value.split("*")

    def same(found: Any) -> bool:
        if isinstance(found, str):
            return found == value if len(pieces) == 1 else _glob(found, pieces)
        return _is_number(found) and number is not None and bool(found == number)

    return same


def _glob(text: str, pieces: list[str]) -> bool:
    """Finds each piece after the one before it. Linear; a regular expression would backtrack."""
    first, *middle, last = pieces
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - len(last) >= at and text.endswith(last)


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
