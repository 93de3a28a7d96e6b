"""Writes one step of one worker: first the event file, then the index file that makes it visible."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from . import event, index
from .dtypes import Unsupported
from .files import write_atomically
from .index import Index, Shape
from .layout import event_path, index_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .event import StepStamp

    NamedArray = tuple[str, Any]


class Written(NamedTuple):
    """What was written. ``unsupported``: the number of tensors whose type can't be written."""

    saved_bytes: int
    unsupported: int


def write_step(
    root: str, worker: str, stamp: StepStamp, tensors: Sequence[NamedArray], shapes: Sequence[Shape] = ()
) -> Written:
    """Writes one step. A step with neither tensors nor shapes writes no file; empty arrays are skipped.

    Raises OSError.
    """
    buffers: list[Any] = []
    names, starts, lengths = [], [], []
    at = unsupported = 0
    for name, array in tensors:
        if array.size == 0:
            continue
        try:
            record, length = event.encode(name, array, stamp)
        except Unsupported:
            unsupported += 1
            continue
        buffers.extend(record)
        names.append(name)
        starts.append(at)
        lengths.append(length)
        at += length
    if not names and not shapes:
        return Written(0, unsupported)
    event_file = event_path(stamp.step, worker) if names else None
    if event_file is not None:
        write_atomically(os.path.join(root, event_file), buffers)
    entry = Index(
        stamp.mode, stamp.mode_step, event_file, tuple(names), tuple(starts), tuple(lengths), tuple(shapes)
    )
    write_atomically(os.path.join(root, index_path(stamp.step, worker)), [index.to_json(entry)])
    return Written(at, unsupported)
