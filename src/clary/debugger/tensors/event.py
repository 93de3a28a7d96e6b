"""One tensor as a record: encodes and decodes the Event message without copying the tensor's bytes.

    Event           wall_time=1  step=2  summary=5
      Summary         value=1
        Value           tag=1  metadata=9  tensor=8
          Metadata        plugin_data=1, twice: {name=1 "mode_step", content=2 "17"} {"mode", "1"}
          TensorProto     dtype=1  tensor_shape=2 {dim=2 {size=1 name=2}}  tensor_content=4  string_val=8

The content is the last field of each message. A record is therefore a head, the array's memory, and a
constant footer, which are written one after the other.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from . import dtypes
from .modes import Mode
from .protobuf import (
    BadMessage,
    bytes_field,
    double_field,
    fields,
    read_varint,
    signed,
    varint,
    varint_field,
)
from .records import FOOTER, FRAME_BYTES, header

_INT64_VAL, _FLOAT_VAL, _INT_VAL, _DOUBLE_VAL, _BOOL_VAL = 10, 5, 7, 6, 11


class Event(NamedTuple):
    """The content of one record. ``value`` is a view of the record's memory when its type allows a view."""

    name: str
    step: int
    mode: Mode
    mode_step: int
    wall_time: float
    value: Any


class StepStamp(NamedTuple):
    """The fields that all tensors of one step share. ``wall_time`` is in epoch seconds."""

    step: int
    mode: Mode
    mode_step: int
    wall_time: float


def encode(name: str, array: Any, stamp: StepStamp) -> tuple[list[Any], int]:
    """The record of a tensor, as buffers to write one after the other, and their total length in bytes.

    array: any shape, not empty. One of the buffers is its memory, unless it must be converted.
    Raises Unsupported for a type that can't be written.
    """
    if dtypes.is_text(array):
        return _encode_texts(name, dtypes.texts(array), stamp)
    array = dtypes.writable(array)
    number = dtypes.number_of(array.dtype)
    assert number is not None
    size = array.nbytes
    tensor = _tensor_head(name, number, array.shape) + varint(size)
    return _record(name, tensor, [array.reshape(-1).view(np.uint8)], size, stamp)


def decode(payload: memoryview) -> Event:
    """The event in the payload of one record. Raises BadMessage when it is not an event of one tensor."""
    try:
        return _decode(payload)
    except BadMessage:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, struct.error) as error:
        # A field has a wrong type or size: the file is corrupt.
        raise BadMessage(f"an event that can't be understood: {error}") from error


def _record(
    name: str, tensor: bytes, content: list[Any], size: int, stamp: StepStamp
) -> tuple[list[Any], int]:
    tag = _tag(name)
    metadata = _metadata(stamp.mode, stamp.mode_step)
    tensor_bytes = len(tensor) + size
    value_head = b"".join((tag, metadata, b"\x42", varint(tensor_bytes), tensor))
    value_bytes = len(value_head) + size
    summary_head = b"\x0a" + varint(value_bytes)
    event_head = b"".join(
        (
            double_field(1, stamp.wall_time),
            # proto3 omits a field whose value is zero.
            varint_field(2, stamp.step) if stamp.step else b"",
            b"\x2a",
            varint(len(summary_head) + value_bytes),
        )
    )
    length = len(event_head) + len(summary_head) + value_bytes
    head = b"".join((header(length), event_head, summary_head, value_head))
    return [head, *content, FOOTER], length + FRAME_BYTES


def _encode_texts(name: str, strings: list[bytes], stamp: StepStamp) -> tuple[list[Any], int]:
    # The public reader accepts strings with one axis only.
    content = b"".join(bytes_field(8, string) for string in strings)
    return _record(name, _shape_field(name, (len(strings),)), [content], len(content), stamp)


@lru_cache(maxsize=65536)
def _tag(name: str) -> bytes:
    return bytes_field(1, name.encode("utf-8", "replace"))


@lru_cache(maxsize=65536)
def _tensor_head(name: str, dtype: int, shape: tuple[int, ...]) -> bytes:
    return varint_field(1, dtype) + _shape_field(name, shape) + b"\x22"


def _shape_field(name: str, shape: tuple[int, ...]) -> bytes:
    dims = (
        varint_field(1, size) + bytes_field(2, f"{name}_{size}".encode("utf-8", "replace")) for size in shape
    )
    return bytes_field(2, b"".join(bytes_field(2, dim) for dim in dims))


@lru_cache(maxsize=16)
def _metadata(mode: Mode, mode_step: int) -> bytes:
    plugins = ((b"mode_step", mode_step), (b"mode", int(mode)))
    return bytes_field(
        9,
        b"".join(
            bytes_field(1, bytes_field(1, key) + bytes_field(2, b"%d" % value)) for key, value in plugins
        ),
    )


def _decode(payload: memoryview) -> Event:
    wall_time, step, summary = 0.0, 0, None
    for number, field in fields(payload):
        if number == 1 and isinstance(field, memoryview):
            wall_time = struct.unpack("<d", field)[0]
        elif number == 2 and isinstance(field, int):
            step = signed(field)
        elif number == 5 and isinstance(field, memoryview):
            summary = field
    if summary is None:
        raise BadMessage("an event without a summary")
    return _decode_value(_first_value(summary), step, wall_time)


def _first_value(summary: memoryview) -> memoryview:
    for number, field in fields(summary):
        if number == 1 and isinstance(field, memoryview):
            return field
    raise BadMessage("a summary without a value")


def _decode_value(value: memoryview, step: int, wall_time: float) -> Event:
    name, mode, mode_step, tensor = "", Mode.GLOBAL, step, None
    for number, field in fields(value):
        if not isinstance(field, memoryview):
            continue
        if number == 1:
            name = str(field, "utf-8", "replace")
        elif number == 8:
            tensor = field
        elif number == 9:
            mode, mode_step = _decode_metadata(field, mode, mode_step)
    if tensor is None:
        raise BadMessage(f"{name!r} is a summary of something else than a tensor")
    return Event(name, step, mode, mode_step, wall_time, _decode_tensor(tensor))


def _decode_metadata(metadata: memoryview, mode: Mode, mode_step: int) -> tuple[Mode, int]:
    for number, plugin in fields(metadata):
        if number != 1 or not isinstance(plugin, memoryview):
            continue
        entry = {found: bytes(field) for found, field in fields(plugin) if isinstance(field, memoryview)}
        try:
            if entry.get(1) == b"mode_step":
                mode_step = int(entry.get(2, b""))
            elif entry.get(1) == b"mode":
                mode = Mode(int(entry.get(2, b"")))
        except ValueError:
            raise BadMessage("{!r} is no mode or mode step".format(entry.get(2, b""))) from None
    return mode, mode_step


def _decode_tensor(tensor: memoryview) -> Any:
    dtype, content = 0, None
    shape: tuple[int, ...] = ()
    strings: list[bytes] = []
    listed: list[Any] = []
    for number, field in fields(tensor):
        if isinstance(field, int):
            if number == 1:
                dtype = field
            else:
                listed.append((number, field))
        elif number == 2:
            shape = _decode_shape(field)
        elif number == 4:
            content = field
        elif number == 8:
            strings.append(bytes(field))
        else:
            listed.append((number, field))
    if strings or dtype == dtypes.STRING:
        return np.array([string.decode("utf-8", "replace") for string in strings], dtype=str).reshape(
            _text_shape(shape, strings)
        )
    if content is not None:
        return _numbers(dtype, shape, content)
    return _listed(dtype, shape, listed)


def _text_shape(shape: tuple[int, ...], strings: list[bytes]) -> tuple[int, ...]:
    return shape if shape and int(np.prod(shape)) == len(strings) else (len(strings),)


def _decode_shape(message: memoryview) -> tuple[int, ...]:
    sizes = []
    for number, dim in fields(message):
        if number == 2 and isinstance(dim, memoryview):
            size = 0
            for found, field in fields(dim):
                if found == 1 and isinstance(field, int):
                    size = signed(field)
            sizes.append(size)
    return tuple(sizes)


def _numbers(number: int, shape: tuple[int, ...], content: memoryview) -> Any:
    dtype = np.dtype("<u2") if number == dtypes.BFLOAT16 else dtypes.read_dtype(number)
    if dtype is None:
        raise BadMessage(f"a tensor of the unknown type {number}")
    count = 1
    for size in shape:
        count *= size
    if count * dtype.itemsize != len(content):
        raise BadMessage(
            f"a tensor of shape {list(shape)} and {dtype.name} with {len(content)} bytes of content"
        )
    array = np.frombuffer(content, dtype=dtype, count=count).reshape(shape)
    return dtypes.from_bfloat16(array) if number == dtypes.BFLOAT16 else array


def _listed(number: int, shape: tuple[int, ...], listed: list[Any]) -> Any:
    """A tensor whose values are in typed fields (``float_val``, ...), packed or one value per field."""
    dtype = dtypes.read_dtype(number)
    if dtype is None:
        raise BadMessage(f"a tensor of the unknown type {number}")
    values: list[Any] = []
    for field_number, field in listed:
        if field_number in (_FLOAT_VAL, _DOUBLE_VAL):
            values.extend(np.frombuffer(field, "<f4" if field_number == _FLOAT_VAL else "<f8").tolist())
        elif field_number in (_INT_VAL, _INT64_VAL, _BOOL_VAL):
            values.extend([signed(field)] if isinstance(field, int) else _packed(field))
    array = np.array(values, dtype=dtype)
    count = 1
    for size in shape:
        count *= size
    if array.size != count:
        raise BadMessage(f"a tensor of shape {list(shape)} with {array.size} values")
    return array.reshape(shape)


def _packed(field: memoryview) -> list[int]:
    values, at = [], 0
    while at < len(field):
        value, at = read_varint(field, at)
        values.append(signed(value))
    return values
