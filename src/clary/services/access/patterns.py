"""Texts with wildcards and policy variables, as in policies.

``*`` matches any characters, ``?`` one. ``${aws:username}`` is a value of the request, taken literally (a
user named ``*`` matches only itself). ``${*}``, ``${?}``, ``${$}`` are the characters themselves. A pattern
whose variable has no value in the request matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Context = Mapping[str, str | Sequence[str]]
"""Condition keys (lower case) and their values in the request: one or several."""


@dataclass(frozen=True, slots=True)
class Variable:
    """``${key, 'default'}``; ``key`` is in lower case."""

    key: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Wildcard:
    many: bool


ANY_RUN, ANY_ONE = Wildcard(many=True), Wildcard(many=False)

Token = str | Variable | Wildcard


def tokenize(text: str, *, wildcards: bool, variables: bool) -> tuple[Token, ...]:
    """Returns the parts of a pattern, in order. Without ``variables`` a ``${`` is ordinary text."""
    return tuple(_tokens(text, wildcards, variables))


class Pattern:
    """A compiled pattern. Matching takes at most time proportional to pattern length times value length."""

    __slots__ = ("_fold", "_glob", "_tokens")

    def __init__(self, tokens: Iterable[Token], *, ignore_case: bool = False) -> None:
        self._tokens = tuple(tokens)
        self._fold = ignore_case
        has_variable = any(isinstance(token, Variable) for token in self._tokens)
        self._glob = None if has_variable else _Glob(self._tokens, ignore_case)

    def matches(self, value: str, context: Context) -> bool:
        glob = self._glob
        if glob is None:
            resolved = [_resolve(token, context) for token in self._tokens]
            if None in resolved:
                return False
            glob = _Glob([token for token in resolved if token is not None], self._fold)
        return glob.matches(value.lower() if self._fold else value)


class ArnPattern:
    """A pattern whose six parts between colons match one by one: a ``*`` matches within its part only."""

    __slots__ = ("_everything", "_parts")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._everything = tuple(tokens) == (ANY_RUN,)
        self._parts = tuple(Pattern(part) for part in _split_at_colons(tokens))

    def matches(self, value: str, context: Context) -> bool:
        if self._everything:
            return True
        values = value.split(":", 5)
        return len(values) == len(self._parts) and all(
            pattern.matches(part, context) for pattern, part in zip(self._parts, values, strict=True)
        )


class _Glob:
    """Literal text, ``?`` and ``*`` only.

    The pattern is split at each ``*`` into runs. The first run has to match at the start, the last at the
    end, each other one at its first match. There is no backtracking, unlike with ``.*`` in a regex.
    """

    __slots__ = ("_first", "_last", "_literal", "_middle", "_shortest")

    def __init__(self, tokens: Iterable[Token], ignore_case: bool) -> None:
        runs: list[list[Token]] = [[]]
        for token in tokens:
            if token is ANY_RUN:
                runs.append([])
            else:
                runs[-1].append(token.lower() if ignore_case and isinstance(token, str) else token)
        self._literal: str | None = None
        if len(runs) == 1 and ANY_ONE not in runs[0]:
            self._literal = "".join(str(token) for token in runs[0])
        compiled = [_Run(run) for run in runs]
        self._first = compiled[0]
        self._last = compiled[-1] if len(compiled) > 1 else None
        self._middle = tuple(run for run in compiled[1:-1] if run.length)
        self._shortest = sum(run.length for run in compiled)

    def matches(self, value: str) -> bool:
        if self._literal is not None:
            return value == self._literal
        if len(value) < self._shortest or not self._first.fits(value, 0):
            return False
        if self._last is None:
            return len(value) == self._shortest
        end = len(value) - self._last.length
        if not self._last.fits(value, end):
            return False
        position = self._first.length
        for run in self._middle:
            position = run.find(value, position, end)
            if position < 0:
                return False
            position += run.length
        return True


class _Run:
    """The characters between two ``*``, of a fixed length; some may be ``?``."""

    __slots__ = ("_expression", "_text", "length")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.length = sum(len(token) if isinstance(token, str) else 1 for token in tokens)
        self._text: str | None = None
        self._expression: re.Pattern[str] | None = None
        if ANY_ONE in tokens:
            pieces = [re.escape(token) if isinstance(token, str) else "." for token in tokens]
            self._expression = re.compile("".join(pieces), re.DOTALL)
        else:
            self._text = "".join(str(token) for token in tokens)

    def fits(self, value: str, position: int) -> bool:
        if self._expression is not None:
            return self._expression.match(value, position) is not None
        return value.startswith(self._text or "", position)

    def find(self, value: str, start: int, end: int) -> int:
        """Returns the first position in ``value[start:end]`` where this run matches, or -1."""
        if self._expression is not None:
            found = self._expression.search(value, start, end)
            return -1 if found is None else found.start()
        return value.find(self._text or "", start, end)


_PIECES = {
    # (wildcards, variables) to the pattern of special text
    (True, True): re.compile(r"\$\{([^}]*)\}|[*?]"),
    (True, False): re.compile(r"()[*?]"),
    (False, True): re.compile(r"\$\{([^}]*)\}"),
    (False, False): re.compile(r"(?!)"),
}
_DEFAULT = re.compile(r"([^,]*),\s*'(.*)'\s*", re.DOTALL)


def _tokens(text: str, wildcards: bool, variables: bool) -> Iterator[Token]:
    position = 0
    for found in _meanings(text, wildcards, variables):
        if found.start() > position:
            yield text[position : found.start()]
        position = found.end()
        if not found[1]:
            yield {"*": ANY_RUN, "?": ANY_ONE}.get(found[0], found[0])
        elif found[1] in ("*", "?", "$"):
            yield found[1]
        else:
            yield _variable(found[1])
    if position < len(text):
        yield text[position:]


def _meanings(text: str, wildcards: bool, variables: bool) -> Iterator[re.Match[str]]:
    # No variable ends after the last brace. Searching for an end there would take quadratic time.
    end = text.rfind("}") + 1 if variables else 0
    yield from _PIECES[wildcards, variables].finditer(text, 0, end)
    yield from _PIECES[wildcards, False].finditer(text, end)


def _variable(inside: str) -> Variable:
    with_default = _DEFAULT.fullmatch(inside)
    if with_default is None:
        return Variable(inside.strip().lower())
    return Variable(with_default[1].strip().lower(), with_default[2])


def _resolve(token: Token, context: Context) -> Token | None:
    if not isinstance(token, Variable):
        return token
    value = context.get(token.key, token.default)
    # A key with several values can't be used as a variable.
    return value if isinstance(value, str) else token.default


def _split_at_colons(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            parts[-1].append(token)
            continue
        pieces = token.split(":", 6 - len(parts))
        parts[-1].append(pieces[0])
        parts.extend([piece] for piece in pieces[1:])
    return parts
