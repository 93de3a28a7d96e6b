"""Puts the tensors of one step of one worker on disk: the event file first, then the index that shows it."""

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

    from .event import Moment

    NamedArray = tuple[str, Any]


class Written(NamedTuple):
    saved_bytes: int
    unsupported: int


def write_step(
    root: str, worker: str, moment: Moment, tensors: Sequence[NamedArray], shapes: Sequence[Shape] = ()
) -> Written:
    """Nothing is written of a step with neither tensors nor shapes. Empty arrays are left out.

    Raises OSError.
    """
    buffers: list[Any] = []
    names, starts, lengths = [], [], []
    at = unsupported = 0
    for name, array in tensors:
        if array.size == 0:
            continue
        try:
            record, length = event.encode(name, array, moment)
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
    event_file = event_path(moment.step, worker) if names else None
    if event_file is not None:
        write_atomically(os.path.join(root, event_file), buffers)
    entry = Index(
        moment.mode, moment.mode_step, event_file, tuple(names), tuple(starts), tuple(lengths), tuple(shapes)
    )
    write_atomically(os.path.join(root, index_path(moment.step, worker)), [index.to_json(entry)])
    return Written(at, unsupported)
