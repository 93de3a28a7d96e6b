"""Writes scalars and histograms for TensorBoard, one file per step.

The path is ``<folder>/<MODE>/<step>_<pid>_<host>.tfevents``. The caller's thread writes the file: a few
hundred bytes for a scalar, a few KiB for a histogram.
"""

from __future__ import annotations

import os
import re
import socket
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from .files import write_atomically
from .histogram import histogram
from .protobuf import bytes_field, double_field, float_field, varint_field
from .records import checked_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .histogram import Histogram
    from .modes import Mode

_NOT_IN_TAGS = re.compile(r"[^-/\w\.]")


def scalar(tag: str, value: float) -> bytes:
    """One scalar, encoded as a Summary.Value."""
    return _tag(tag) + float_field(2, float(value))


def histogram_of(collection: str, tensor: str, array: Any) -> bytes | None:
    """One histogram named ``<collection>/<tensor>``, encoded as a Summary.Value.

    Returns None for an array without any finite number.
    """
    found = histogram(array)
    return None if found is None else _tag(collection + "/" + tensor) + bytes_field(5, _proto(found))


def write_summaries(folder: str, step: int, mode: Mode, values: Iterable[bytes]) -> str | None:
    """Writes the encoded values of one global step. Returns the path, or None when there are no values.

    Raises OSError.
    """
    now = double_field(1, time.time()) + varint_field(2, step)
    records = [checked_record(now + bytes_field(5, bytes_field(1, value))) for value in values]
    if not records:
        return None
    name = f"{step:012d}_{os.getpid()}_{socket.gethostname()}.tfevents"
    path = os.path.join(folder, mode.name, name)
    write_atomically(path, records)
    return path


def _tag(tag: str) -> bytes:
    return bytes_field(1, _NOT_IN_TAGS.sub("_", tag).lstrip("/").encode())


def _proto(found: Histogram) -> bytes:
    numbers = (found.minimum, found.maximum, found.number, found.total, found.total_of_squares)
    fields = b"".join(double_field(field, float(value)) for field, value in enumerate(numbers, 1))
    limits, counts = (np.asarray(values, "<f8").tobytes() for values in (found.limits, found.counts))
    return fields + bytes_field(6, limits) + bytes_field(7, counts)
