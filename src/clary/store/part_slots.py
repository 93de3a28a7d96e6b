"""Assigns each part of an upload its place in the file that the parts share.

    shared file   |  part 1  |  part 2  |  part 3  | part 4 |      part N begins at (N - 1) * stride
                   <-stride->

Clients cut an object into parts of equal size, except the last. If each part is written at its final place,
to complete the upload copies nothing: the file is the object. A part that does not fit its place, or whose
place is taken, is written to a file of its own.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

MIB = 1 << 20
FILE_LIMIT_BYTES = 5 << 40
"""The largest object of S3; no place is behind it."""


@dataclass(slots=True)
class _Uploading:
    stride: int
    busy: set[int] = field(default_factory=set)
    completing: bool = False


class PartSlots:
    """The places that this process writes to now. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: dict[str, _Uploading] = {}

    def claim(self, upload_id: str, stride: int, number: int, size_bytes: int) -> int | None:
        """Takes the place of a part of ``size_bytes``. Returns the stride; None when the place is not free.

        stride: that in the database; 0 before the first part. A claim ends with ``release``.
        """
        with self._lock:
            uploading = self._uploads.setdefault(upload_id, _Uploading(stride))
            if uploading.stride == 0:
                uploading.stride = stride or _stride_told_by(number, size_bytes)
            fits = (
                number >= 1
                and 0 < size_bytes <= uploading.stride
                and number * uploading.stride <= FILE_LIMIT_BYTES
            )
            if uploading.completing or number in uploading.busy or not fits:
                return None
            uploading.busy.add(number)
            return uploading.stride

    def release(self, upload_id: str, number: int) -> None:
        with self._lock:
            if upload_id in self._uploads:
                self._uploads[upload_id].busy.discard(number)

    def begin_completing(self, upload_id: str) -> bool | None:
        """Stops further claims. Returns True without a writer, False with one, None if called before."""
        with self._lock:
            uploading = self._uploads.setdefault(upload_id, _Uploading(0))
            if uploading.completing:
                return None
            uploading.completing = True
            return not uploading.busy

    def end_completing(self, upload_id: str) -> None:
        with self._lock:
            if upload_id in self._uploads:
                self._uploads[upload_id].completing = False

    def forget(self, upload_id: str) -> None:
        """Forgets an upload that is completed or aborted."""
        with self._lock:
            self._uploads.pop(upload_id, None)


def _stride_told_by(number: int, size_bytes: int) -> int:
    """Guesses the common size of parts: that of part 1, or of a part of whole MiB (a last part seldom is)."""
    return size_bytes if number == 1 or size_bytes % MIB == 0 else 0
