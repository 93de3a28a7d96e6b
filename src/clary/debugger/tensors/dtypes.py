"""Which numpy types the files can hold, and how other types are converted.

The numbers are those of TensorFlow's DataType. We write only the types that the public reader (smdebug)
reads back unchanged. Every other type is converted to the smallest of these that can hold its values.
Our reader accepts more types than we write.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

STRING = 0
"""The data type of strings. smdebug omits the type for them, and protobuf reads a missing number as 0."""

_WRITTEN: dict[Any, int] = {
    np.dtype("float32"): 1,
    np.dtype("float64"): 2,
    np.dtype("int32"): 3,
    np.dtype("uint8"): 4,
    np.dtype("int64"): 9,
    np.dtype("bool"): 10,
    np.dtype("complex128"): 18,
    np.dtype("float16"): 19,
}
_READ: dict[int, Any] = {number: dtype.newbyteorder("<") for dtype, number in _WRITTEN.items()}
_READ.update(
    {
        5: np.dtype("<i2"),
        6: np.dtype("i1"),
        8: np.dtype("<c8"),
        17: np.dtype("<u2"),
        22: np.dtype("<u4"),
        23: np.dtype("<u8"),
    }
)
BFLOAT16 = 14
_CONVERTED = {
    "int8": "int32",  # the public reader reads DT_INT8 as unsigned
    "int16": "int32",
    "uint16": "int32",
    "uint32": "int64",
    "complex64": "complex128",
}


class Unsupported(TypeError):
    """An array of a type that can't be written."""


def number_of(dtype: Any) -> int | None:
    """The DataType number of a numpy dtype; None when arrays of it must be converted first."""
    return _WRITTEN.get(dtype)


def read_dtype(number: int) -> Any | None:
    """The numpy dtype of a DataType number; None for an unknown number and for bfloat16."""
    return _READ.get(number)


def writable(array: Any) -> Any:
    """``array`` itself when its memory can be written unchanged, else a converted C-contiguous copy.

    array: any shape, numbers or booleans. Raises Unsupported for a type that has no conversion.
    """
    if array.dtype in _WRITTEN and array.flags.c_contiguous and sys.byteorder == "little":
        return array
    return np.ascontiguousarray(_converted(array)).reshape(array.shape)


def is_text(array: Any) -> bool:
    """Whether the array is written as strings: text, bytes, or Python objects."""
    return array.dtype.kind in "UOS"


def texts(array: Any) -> list[bytes]:
    """The elements of an array in C order as UTF-8; ``str`` converts those that are not strings."""
    return [
        item if isinstance(item, bytes) else str(item).encode("utf-8", "replace")
        for item in array.reshape(-1).tolist()
    ]


def from_bfloat16(bits: Any) -> Any:
    """Converts bfloat16 to float32. bits: uint16 of any shape, the upper half of each float32."""
    return (bits.astype("<u4") << 16).view("<f4")


def _converted(array: Any) -> Any:
    dtype = array.dtype
    native = dtype.newbyteorder("=")
    if native in _WRITTEN:
        return array.astype(native.newbyteorder("<"))
    if dtype.name in _CONVERTED:
        return array.astype(_CONVERTED[dtype.name])
    if dtype.name == "bfloat16":  # numpy has this type only when ml_dtypes is installed
        return from_bfloat16(np.ascontiguousarray(array).reshape(-1).view(np.uint16)).reshape(array.shape)
    if dtype.kind == "u":
        fits = array.size == 0 or int(array.max()) <= np.iinfo(np.int64).max
        return array.astype(np.int64 if fits else np.float64)
    if dtype.kind in "mM":
        return array.view(np.int64)
    if dtype.kind == "f":
        return array.astype(np.float64)  # the 80-bit float of x86
    if dtype.kind == "c":
        return array.astype(np.complex128)
    if dtype.kind == "V" and dtype.names is None:
        try:
            return array.astype(np.float32)  # the small floats of ml_dtypes
        except (TypeError, ValueError):
            pass
    raise Unsupported(f"arrays of {dtype} can't be written; use numbers, booleans or strings")
