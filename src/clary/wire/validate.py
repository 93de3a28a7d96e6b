"""Checks a request against the constraints of the model, with AWS's messages.

    2 validation errors detected: Value '' at 'trainingJobName' failed to satisfy constraint: Member must
    have length greater than or equal to 1; Value null at 'roleArn' failed to satisfy constraint: Member
    must not be null

A structure in a list is ``tags.1.member.key``, counted from 1. A list or map of scalars counts as one value
whose elements break a constraint, as in AWS's messages: ``Member must satisfy constraint: [...]``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from clary.domain.errors import ValidationError

from .constraints import (
    Constraint,
    broken_constraints,
    constraint_texts,
    constraints_of,
    is_scalar,
    length_constraints,
)
from .failure_text import failure, null_failure
from .java_regex import begin_request
from .mismatch import lower_camel
from .s3_required import check_required
from .shapes import shape_key

if TYPE_CHECKING:
    from botocore.model import OperationModel

Check = Callable[[Any, str, "_Failures"], None]
"""Appends one sentence for each constraint that the value at a path breaks."""

MAX_REPORTED = 100
"""The most failures that a message names. With so many, the check ends."""


def validate(operation_model: OperationModel, params: dict[str, Any]) -> None:
    """Raises ValidationError that names every broken constraint. S3 has rules of its own."""
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
        # The check ends here: a request could hold many such texts, and block all others.
        failures.append("a value takes too long to be held against its regular expression pattern")
    if failures:
        count = f"{len(failures)} validation error{'s' if len(failures) > 1 else ''} detected"
        raise ValidationError(f"{count}: {'; '.join(failures)}")


class _Enough(Exception):
    """There are MAX_REPORTED failures."""


class _Failures(list[str]):
    """The sentences. Appending the last one that fits raises _Enough."""

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
    """The checks of one service, each made once. ``None`` means a shape without constraints."""

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
                    failures.append(null_failure(f"{prefix}{spelled}"))
            if one_of and len(document) != 1:
                failures.append(failure(shape, document, path, "Member must have exactly one member set"))
            table = members()
            for name, item in document.items():
                if name in table and item is not None:
                    spelled, check_item = table[name]
                    check_item(item, f"{prefix}{spelled}", failures)

        return check

    def _list(self, shape: ListShape) -> Check:
        sizes = length_constraints(shape)
        of_scalars = is_scalar(shape.member)
        broken = broken_constraints(shape.member) if of_scalars else None
        texts = constraint_texts(shape.member) if of_scalars else []

        @cache
        def element() -> Check | None:
            return self.of(shape.member)

        def check(items: Any, path: str, failures: _Failures) -> None:
            if not _has_size(shape, sizes, items, path, failures):
                return
            for index, item in enumerate(items, 1):
                if item is None:
                    failures.append(null_failure(f"{path}.{index}.member"))
            if of_scalars:
                if broken is not None and any(item is not None and broken(item) for item in items):
                    text = f"Member must satisfy constraint: [{', '.join(texts)}]"
                    failures.append(failure(shape, items, path, text))
                return
            check_item = element()
            if check_item is not None:
                for index, item in enumerate(items, 1):
                    if item is not None:
                        check_item(item, f"{path}.{index}.member", failures)

        return check

    def _map(self, shape: MapShape) -> Check:
        sizes = length_constraints(shape)
        broken_key, key_texts = broken_constraints(shape.key), constraint_texts(shape.key)
        of_scalars = is_scalar(shape.value)
        broken = broken_constraints(shape.value) if of_scalars else None
        texts = constraint_texts(shape.value) if of_scalars else []

        @cache
        def element() -> Check | None:
            return self.of(shape.value)

        def check(items: Any, path: str, failures: _Failures) -> None:
            if not _has_size(shape, sizes, items, path, failures):
                return
            if broken_key is not None and any(broken_key(key) for key in items):
                text = f"Map keys must satisfy constraint: [{', '.join(key_texts)}]"
                failures.append(failure(shape, items, path, text))
            for key, item in items.items():
                if item is None:
                    failures.append(null_failure(f"{path}.{key}.member"))
            if of_scalars:
                if broken is not None and any(item is not None and broken(item) for item in items.values()):
                    text = f"Map value must satisfy constraint: [{', '.join(texts)}]"
                    failures.append(failure(shape, items, path, text))
                return
            check_item = element()
            if check_item is not None:
                for key, item in items.items():
                    if item is not None:
                        check_item(item, f"{path}.{key}.member", failures)

        return check


def _has_size(shape: Shape, sizes: list[Constraint], items: Any, path: str, failures: _Failures) -> bool:
    """Returns whether a list or map has an allowed size. Otherwise its elements are not checked."""
    broken = [text for holds, text in sizes if not holds(items)]
    for text in broken:
        failures.append(failure(shape, items, path, text))
    return not broken


def _scalar(shape: Shape) -> Check | None:
    constraints = constraints_of(shape)
    if not constraints:
        return None

    def check(value: Any, path: str, failures: _Failures) -> None:
        for holds, text in constraints:
            if not holds(value):
                failures.append(failure(shape, value, path, text))

    return check
