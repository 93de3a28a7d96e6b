r"""Filter patterns: which log events FilterLogEvents returns.

    ERROR timeout          the line contains both terms, in any order
    "exact phrase"         the line contains this text
    ?ERROR ?WARN           it contains at least one of them
    ERROR -expected        it contains the first and not the second
    %loss=\d+%             a regular expression that matches somewhere in the line
    { $.loss < 0.1 && $.phase = "train" }      fields of lines that are JSON objects

Matching is case-sensitive. It takes time linear in the length of the line; a regular expression has a budget.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from clary.services.logs._json_pattern import compile_json_pattern
from clary.services.logs._regex_pattern import compile_regex
from clary.services.logs._request import invalid

Matcher = Callable[[str], bool]

_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)', re.DOTALL)


def compile_pattern(pattern: str) -> Matcher:
    """Raises InvalidParameterException for a pattern that is malformed or of a form that is not supported."""
    text = pattern.strip()
    if text.startswith("{"):
        return compile_json_pattern(text)
    if text.startswith("["):
        raise invalid(
            f"Invalid filter pattern {pattern!r}: patterns of columns [...] are not served; use terms, "
            '"phrases", ?either ?or, -excluded, %regular expression%, or { $.field = value }'
        )
    if text.startswith("%"):
        return compile_regex(_between_percent_signs(text))
    return _terms(text)


def _between_percent_signs(text: str) -> str:
    if len(text) < 3 or not text.endswith("%"):
        raise invalid(
            f"Invalid filter pattern {text!r}: a regular expression stands alone, between percent signs: "
            "%expression%"
        )
    return text[1:-1]


def _terms(text: str) -> Matcher:
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    end = 0
    while end < len(text):
        found = _TERM.match(text, end)
        if found is None:
            raise invalid(
                f"Invalid filter pattern {text!r}: a quotation mark is not closed at {text[end:]!r}"
            )
        sign, phrase, word = found.groups()
        terms[sign].append(word if phrase is None else re.sub(r"\\(.)", r"\1", phrase))
        end = found.end()
    required, either, excluded = terms[""], terms["?"], terms["-"]

    def matches(message: str) -> bool:
        return (
            all(term in message for term in required)
            and not any(term in message for term in excluded)
            and (not either or any(term in message for term in either))
        )

    return matches
