"""The model's constraints on a request, answered in AWS's words.

    2 validation errors detected: Value '' at 'trainingJobName' failed to satisfy constraint: Member must
    have length greater than or equal to 1; Value null at 'roleArn' failed to satisfy constraint: Member
    must not be null

A structure in a list is ``tags.1.member.key``, counted from 1. A list or map of scalars is one value
whose elements break a constraint, as AWS prints it: ``Member must satisfy constraint: [...]``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from clary.domain.errors import ValidationError

from .java_regex import begin_request, matches
from .mismatch import lower_camel
from .s3_required import check_required
from .shapes import shape_key

if TYPE_CHECKING:
    from botocore.model import OperationModel

Check = Callable[[Any, str, "_Failures"], None]
"""Appends one sentence for each constraint that the value at a path breaks."""

MAX_REPORTED = 100
"""Failures that a message names. With so many, nothing more is looked at."""

ENUM = "Member must satisfy enum value set"
MOST_LISTED = 40
"""Values of an enumeration that a message lists; of longer ones it tells those that are near."""
NEAR_ONES = 5
LONGEST_COMPARED = 64

MAX_SHOWN = 1024
"""Characters of a value that a message repeats."""


def validate(operation_model: OperationModel, params: dict[str, Any]) -> None:
    """Raises ValidationError that names every constraint ``params`` breaks; S3 has its own ways."""
    if operation_model.service_model.protocol == "rest-xml":
        check_required(operation_model, params)
        return
    check = _operation_check(operation_model)
    if check is None:
        return
    failures = _Failures()
    begin_request()
    try:
        check(params, "", failures)
    except _Enough:
        pass
    except TimeoutError:
        # Once is enough: with a text for each second, one request would keep everybody waiting.
        failures.append("a value takes too long to be held against its regular expression pattern")
    if failures:
        count = f"{len(failures)} validation error{'s' if len(failures) > 1 else ''} detected"
        raise ValidationError(f"{count}: {'; '.join(failures)}")


class _Enough(Exception):
    """There are MAX_REPORTED failures."""


class _Failures(list[str]):
    """The sentences, of which the last one raises _Enough."""

    def append(self, sentence: str) -> None:
        super().append(sentence)
        if len(self) >= MAX_REPORTED:
            raise _Enough


@cache
def _operation_check(operation_model: OperationModel) -> Check | None:
    shape = operation_model.input_shape
    return None if shape is None else _checks(operation_model.service_model.service_name).of(shape)


@cache
def _checks(service: str) -> _Checks:
    return _Checks()


class _Checks:
    """The checks of one service, each made once. ``None`` stands for a shape without constraints."""

    def __init__(self) -> None:
        self._made: dict[Any, Check | None] = {}

    def of(self, shape: Shape) -> Check | None:
        key = (shape_key(shape), shape.metadata.get("sensitive"))
        if key not in self._made:
            self._made[key] = self._make(shape)
        return self._made[key]

    def _make(self, shape: Shape) -> Check | None:
        if isinstance(shape, StructureShape):
            return None if shape.is_document_type else self._structure(shape)
        if isinstance(shape, ListShape):
            return self._list(shape)
        if isinstance(shape, MapShape):
            return self._map(shape)
        return _scalar(shape)

    def _structure(self, shape: StructureShape) -> Check:
        required = [(name, lower_camel(name)) for name in shape.required_members]
        one_of = shape.metadata.get("union", False)

        @cache
        def members() -> dict[str, tuple[str, Check]]:
            # On first use, not when made: a shape may contain itself.
            found = {name: self.of(member) for name, member in shape.members.items()}
            return {name: (lower_camel(name), check) for name, check in found.items() if check is not None}

        def check(document: Any, path: str, failures: _Failures) -> None:
            prefix = f"{path}." if path else ""
            for name, spelled in required:
                if document.get(name) is None:
                    failures.append(_null(f"{prefix}{spelled}"))
            if one_of and len(document) != 1:
                failures.append(_failure(shape, document, path, "Member must have exactly one member set"))
            table = members()
            for name, item in document.items():
                if name in table and item is not None:
                    spelled, check_item = table[name]
                    check_item(item, f"{prefix}{spelled}", failures)

        return check

    def _list(self, shape: ListShape) -> Check:
        sizes = _length_rules(shape)
        of_scalars = _is_scalar(shape.member)
        broken = _broken_rules(shape.member) if of_scalars else None
        rules = _rule_texts(shape.member) if of_scalars else []

        @cache
        def element() -> Check | None:
            return self.of(shape.member)

        def check(items: Any, path: str, failures: _Failures) -> None:
            if not _has_size(shape, sizes, items, path, failures):
                return
            for index, item in enumerate(items, 1):
                if item is None:
                    failures.append(_null(f"{path}.{index}.member"))
            if of_scalars:
                if broken is not None and any(item is not None and broken(item) for item in items):
                    text = f"Member must satisfy constraint: [{', '.join(rules)}]"
                    failures.append(_failure(shape, items, path, text))
                return
            check_item = element()
            if check_item is not None:
                for index, item in enumerate(items, 1):
                    if item is not None:
                        check_item(item, f"{path}.{index}.member", failures)

        return check

    def _map(self, shape: MapShape) -> Check:
        sizes = _length_rules(shape)
        broken_key, key_rules = _broken_rules(shape.key), _rule_texts(shape.key)
        of_scalars = _is_scalar(shape.value)
        broken = _broken_rules(shape.value) if of_scalars else None
        rules = _rule_texts(shape.value) if of_scalars else []

        @cache
        def element() -> Check | None:
            return self.of(shape.value)

        def check(items: Any, path: str, failures: _Failures) -> None:
            if not _has_size(shape, sizes, items, path, failures):
                return
            if broken_key is not None and any(broken_key(key) for key in items):
                text = f"Map keys must satisfy constraint: [{', '.join(key_rules)}]"
                failures.append(_failure(shape, items, path, text))
            for key, item in items.items():
                if item is None:
                    failures.append(_null(f"{path}.{key}.member"))
            if of_scalars:
                if broken is not None and any(item is not None and broken(item) for item in items.values()):
                    text = f"Map value must satisfy constraint: [{', '.join(rules)}]"
                    failures.append(_failure(shape, items, path, text))
                return
            check_item = element()
            if check_item is not None:
                for key, item in items.items():
                    if item is not None:
                        check_item(item, f"{path}.{key}.member", failures)

        return check


Rule = tuple[Callable[[Any], bool], str]
"""Whether a value holds, and the sentence for one that does not."""


def _has_size(shape: Shape, sizes: list[Rule], items: Any, path: str, failures: _Failures) -> bool:
    """Returns whether a list or map has an allowed size; only then its elements are worth a look."""
    broken = [text for holds, text in sizes if not holds(items)]
    for text in broken:
        failures.append(_failure(shape, items, path, text))
    return not broken


def _scalar(shape: Shape) -> Check | None:
    rules = _rules(shape)
    if not rules:
        return None

    def check(value: Any, path: str, failures: _Failures) -> None:
        for holds, text in rules:
            if not holds(value):
                failures.append(_failure(shape, value, path, text))

    return check


def _broken_rules(shape: Shape) -> Callable[[Any], bool] | None:
    rules = _rules(shape)
    return (lambda value: not all(holds(value) for holds, _ in rules)) if rules else None


def _rule_texts(shape: Shape) -> list[str]:
    return [text for _, text in _rules(shape)]


def _is_scalar(shape: Shape) -> bool:
    return not isinstance(shape, StructureShape | ListShape | MapShape)


def _rules(shape: Shape) -> list[Rule]:
    if shape.type_name in ("string", "character"):
        return _length_rules(shape) + _text_rules(shape)
    if shape.type_name == "blob":
        return _length_rules(shape)
    return _range_rules(shape)


def _length_rules(shape: Shape) -> list[Rule]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    rules: list[Rule] = []
    if low is not None and low > 0:
        rules.append(
            (lambda value: len(value) >= low, f"Member must have length greater than or equal to {low}")
        )
    if high is not None:
        rules.append(
            (lambda value: len(value) <= high, f"Member must have length less than or equal to {high}")
        )
    return rules


def _range_rules(shape: Shape) -> list[Rule]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    rules: list[Rule] = []
    if low is not None:
        rules.append((lambda value: value >= low, f"Member must have value greater than or equal to {low}"))
    if high is not None:
        rules.append((lambda value: value <= high, f"Member must have value less than or equal to {high}"))
    return rules


def _text_rules(shape: Shape) -> list[Rule]:
    pattern, enum = shape.metadata.get("pattern"), shape.metadata.get("enum")
    rules: list[Rule] = []
    if pattern is not None:
        # A text beyond its greatest length is refused for that; matching it could take long.
        high = shape.metadata.get("max", 1_000_000)
        rules.append(
            (
                lambda value: len(value) > high or matches(pattern, value),
                f"Member must satisfy regular expression pattern: {pattern}",
            )
        )
    if enum:
        allowed = frozenset(enum)
        rules.append((allowed.__contains__, f"{ENUM}: [{', '.join(enum)}]"))
    return rules


def _null(path: str) -> str:
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def _failure(shape: Shape, value: Any, path: str, text: str) -> str:
    # What is secret is not repeated, as AWS does.
    if text.startswith(ENUM) and len(shape.metadata["enum"]) > MOST_LISTED:
        text = f"{ENUM}: [{_near(str(value), shape.metadata['enum'])}]"
    shown = "Value" if shape.metadata.get("sensitive") else f"Value '{_cut(_shown(value))}'"
    return f"{shown} at '{path}' failed to satisfy constraint: {text}"


def _near(value: str, allowed: Sequence[str]) -> str:
    """Returns the allowed values that may have been meant, as text: there can be hundreds."""
    near = (
        difflib.get_close_matches(value[:LONGEST_COMPARED], allowed, n=NEAR_ONES, cutoff=0.5)
        or allowed[:NEAR_ONES]
    )
    return f"{', '.join(near)}, ... {len(allowed)} in all"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _shown(value: Any) -> str:
    """A value as Java prints it; of one that is cut anyway, enough of it."""
    pieces: list[str] = []
    size = 0
    for piece in _pieces(value):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_SHOWN:
            break
    return "".join(pieces)


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, list | dict):
        yield "[" if isinstance(value, list) else "{"
        for number, item in enumerate(value):
            yield ", " if number else ""
            if isinstance(value, dict):
                yield f"{item}="
                item = value[item]
            yield from _pieces(item)
        yield "]" if isinstance(value, list) else "}"
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, bytes):
        yield f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    else:
        yield "null" if value is None else str(value)
