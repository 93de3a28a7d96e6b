"""Conditional writes: a condition that Clary checks becomes one that the other S3 checks as it writes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .refusals import DirectRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clary.store.object_rows import Guard, StoredObject


@contextmanager
def condition_of(
    find: Callable[[str, str], StoredObject | None], bucket: str, key: str, guard: Guard | None
) -> Iterator[dict[str, Any]]:
    """Gives members of the write. Raises the error of ``guard``, now or after the write was refused.

    A write between the check and ours makes the other S3 refuse ours, where it knows conditions.
    """
    if guard is None:
        yield {}
        return
    current = find(bucket, key)
    guard(current)
    try:
        yield {"IfNoneMatch": "*"} if current is None else {"IfMatch": current.blob}
    except DirectRefused as error:
        if error.http_status in (409, 412):
            guard(find(bucket, key))
        raise
