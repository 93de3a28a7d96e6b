"""Expressions of GetMetricData over the results of other queries, such as ``100 * errors / SUM(METRICS())``.

    value := number | Id | value (+ - * / ^) value | -value | (value) | [value, ...] | FUNCTION(value, ...)

Python's own parser reads them; only the node types that are named here are evaluated. A value is a number, a
series or an array of series. Arithmetic between two series keeps the times that both have; an array is
computed series by series. A result that is not a finite number is left out.
"""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

from ._math_functions import FUNCTIONS, MathError, TimeSeries, Value, combined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_COMPUTED = 2_000_000
"""Points that all expressions of one request may compute: a few seconds of work."""

DEEPEST = 50
"""Levels of an expression, those of the expressions that it refers to included."""

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}


class MetricMath:
    """The expressions of one request.

    metrics: a function for each Id that is a metric, which reads its series.
    grid: the times from StartTime to EndTime at a period in seconds.
    """

    def __init__(
        self,
        expressions: Mapping[str, str],
        metrics: Mapping[str, Callable[[], TimeSeries]],
        grid: Callable[[int], range],
    ) -> None:
        """Raises ValidationError for an expression that cannot be read."""
        self._metrics = metrics
        self._grid = grid
        self._trees = {name: _parsed(name, text) for name, text in expressions.items()}
        self._values: dict[str, Value] = {}
        self._begun: list[str] = []
        self._depth = 0
        self._computed = 0

    def series(self, name: str) -> list[TimeSeries]:
        """The series that an expression returns: one, or those of an array. Raises ValidationError."""
        value = self._value(name)
        if isinstance(value, float):
            raise _error(
                name, "its value is a number; an expression that returns data has to be a time series"
            )
        return [value] if isinstance(value, TimeSeries) else value

    def _value(self, name: str) -> Value:
        if name not in self._values:
            if name in self._metrics:
                self._values[name] = self._metrics[name]()
            else:
                self._values[name] = self._evaluated(name)
        return self._values[name]

    def _evaluated(self, name: str) -> Value:
        if name in self._begun:
            raise _error(name, f"it refers to itself: {' -> '.join([*self._begun, name])}")
        self._begun.append(name)
        try:
            return self._of(self._trees[name])
        except MathError as error:
            raise _error(name, str(error)) from None
        finally:
            self._begun.pop()

    def _of(self, node: ast.expr) -> Value:
        if self._depth >= DEEPEST:
            raise MathError(f"it is nested more than {DEEPEST} levels deep")
        self._depth += 1
        try:
            return self._counted(self._matched(node))
        finally:
            self._depth -= 1

    def _matched(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return _number(number)
            case ast.Name(id=name) if name in self._metrics or name in self._trees:
                return self._value(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return combined(operator.sub, 0.0, self._of(operand))
            case ast.BinOp():
                return self._chain(node)
            case ast.List(elts=elements):
                return self._array([self._of(each) for each in elements])
            case ast.Call(func=ast.Name(id="METRICS"), args=arguments, keywords=[]):
                return self._all_metrics(arguments)
            case ast.Call(func=ast.Name(id="FILL"), args=[filled, filler], keywords=[]):
                return self._filled(self._of(filled), filler)
            case ast.Call(func=ast.Name(id=function), args=[argument], keywords=[]) if function in FUNCTIONS:
                return FUNCTIONS[function](self._of(argument))
        raise MathError(f"{_unknown(node)}; {_HELP}")

    def _chain(self, node: ast.expr) -> Value:
        """a + b + c is a tree as deep as it has terms: it is walked without recursion."""
        terms: list[tuple[ast.operator, ast.expr]] = []
        while isinstance(node, ast.BinOp):
            terms.append((node.op, node.right))
            node = node.left
        value = self._of(node)
        for sign, term in reversed(terms):
            if type(sign) not in _OPERATORS:
                raise MathError(f"it has an operator that is not served; {_HELP}")
            value = self._counted(combined(_OPERATORS[type(sign)], value, self._of(term)))
        return value

    def _array(self, values: list[Value]) -> list[TimeSeries]:
        found: list[TimeSeries] = []
        for value in values:
            if isinstance(value, float):
                raise MathError("an array [...] takes time series, not numbers")
            found += [value] if isinstance(value, TimeSeries) else value
        return found

    def _all_metrics(self, arguments: list[ast.expr]) -> Value:
        match arguments:
            case []:
                part = ""
            case [ast.Constant(value=str() as part)]:
                pass
            case _:
                raise MathError(
                    'METRICS takes nothing, or a part of the Ids in quotation marks: METRICS("gpu")'
                )
        return self._array([self._value(name) for name in self._metrics if part in name])

    def _filled(self, value: Value, filler: ast.expr) -> Value:
        repeat = isinstance(filler, ast.Name) and filler.id == "REPEAT"
        constant = math.nan if repeat else self._of(filler)
        if not isinstance(constant, float):
            raise MathError("FILL takes a number or REPEAT as its second argument")
        found: list[TimeSeries] = []
        for series in self._array([value]):
            grid = self._grid(series.period_s)
            self._count(len(grid))
            found.append(series.filled(grid, constant))
        return found[0] if isinstance(value, TimeSeries) else found

    def _counted(self, value: Value) -> Value:
        self._count(
            1 if isinstance(value, float) else sum(1 + len(each.points) for each in self._array([value]))
        )
        return value

    def _count(self, points: int) -> None:
        self._computed += points
        if self._computed > MAX_COMPUTED:
            raise MathError(
                f"the expressions of this request compute more than {MAX_COMPUTED} points; ask for a shorter "
                "time or a longer Period"
            )


_HELP = (
    "an expression has numbers, the Ids of this request, + - * / ^ ( ) [ ], METRICS(), FILL, "
    f"{', '.join(FUNCTIONS)}"
)


def _parsed(name: str, text: str) -> ast.expr:
    if "**" in text:
        raise _error(name, "** is no operator; a power is x ^ y")
    try:
        # The parser ranks ** as metric math ranks ^, and ^ otherwise.
        return ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _error(name, f"it cannot be read; {_HELP}") from None


def _number(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        raise MathError("it has a number that is too large") from None


def _unknown(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return f"{name[:64]} is not the Id of a query"
        case ast.Call(func=ast.Name(id=name)):
            return f"{name[:64]}(...) is not served, or not with these arguments"
    return "a part of it is no expression of metric math"


def _error(name: str, reason: str) -> ValidationError:
    return ValidationError(f"Error in expression '{name}': {reason}")
