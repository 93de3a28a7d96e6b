"""A tensor as an event: the published bytes, and every type and shape there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clary.debugger.tensors import Mode
from clary.debugger.tensors.dtypes import Unsupported
from clary.debugger.tensors.event import Event, StepStamp, decode, encode
from clary.debugger.tensors.protobuf import (
    BadMessage,
    bytes_field,
    double_field,
    float_field,
    varint_field,
)
from clary.debugger.tensors.records import payload_of

GOLDEN = bytes.fromhex(
    "4700000000000000bac3fb9b090000000084d7d74110052a3a0a380a0d6c6f73735f6f7574707574"
    "5f304a1b0a0e0a096d6f64655f737465701201350a090a046d6f6465120131420a08011200220400"
    "00003fb3c02d06"
)
STAMP = StepStamp(5, Mode.TRAIN, 5, 1.6e9)
AS_THEY_ARE = ("f2", "f4", "f8", "i4", "i8", "u1", "?", "c16")
CONVERTED = {"i1": "i4", "i2": "i4", "u2": "i4", "u4": "i8", "u8": "i8", "c8": "c16"}


def joined(name: str, array: Any, stamp: StepStamp = STAMP) -> bytes:
    buffers, length = encode(name, array, stamp)
    record = b"".join(bytes(buffer) for buffer in buffers)
    assert len(record) == length
    return record


def there_and_back(name: str, array: Any, stamp: StepStamp = STAMP) -> Event:
    payload, _ = payload_of(joined(name, array, stamp))
    return decode(payload)


def test_the_golden_record_is_written_byte_for_byte() -> None:
    assert joined("loss_output_0", np.array(0.5, "f4")) == GOLDEN


def test_the_golden_record_is_read() -> None:
    payload, end = payload_of(GOLDEN)

    event = decode(payload)

    assert end == 87
    assert event[:5] == ("loss_output_0", 5, Mode.TRAIN, 5, 1.6e9)
    assert event.value == np.float32(0.5)
    assert event.value.dtype == np.float32
    assert event.value.shape == ()


@given(
    st.sampled_from(AS_THEY_ARE).flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=5, max_side=4))
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.builds(
        StepStamp, st.integers(0, 2**62), st.sampled_from(Mode), st.integers(0, 2**62), st.floats(0, 1e10)
    ),
)
def test_any_array_comes_back_as_it_was(array: Any, name: str, stamp: StepStamp) -> None:
    event = there_and_back(name, array, stamp)

    assert event[:5] == (name, *stamp)
    assert event.value.dtype == array.dtype
    assert event.value.shape == array.shape
    assert event.value.tobytes() == array.tobytes()


@given(
    st.sampled_from(sorted(CONVERTED)).flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, max_side=4))
    )
)
def test_a_type_that_smdebug_misreads_is_written_as_a_larger_one(array: Any) -> None:
    value = there_and_back("x", array).value

    if array.dtype == "u8" and array.max() > np.iinfo("i8").max:
        assert value.dtype == "f8"
        np.testing.assert_allclose(value, array.astype("f8"))
    else:
        assert value.dtype == CONVERTED[array.dtype.str[1:]]
        np.testing.assert_array_equal(value, array)


@pytest.mark.parametrize("order", ["transposed", "strided", "reversed", "big endian"])
def test_an_array_that_is_not_c_contiguous_is_copied_to_c_order(order: str) -> None:
    whole = np.arange(24, dtype="f4").reshape(4, 6)
    array = {
        "transposed": whole.T,
        "strided": whole[::2, ::3],
        "reversed": whole[::-1],
        "big endian": whole.astype(">f4"),
    }[order]

    np.testing.assert_array_equal(there_and_back("x", array).value, array)


def test_contiguous_memory_is_not_copied() -> None:
    array = np.zeros((3, 4), "f4")

    buffers, _ = encode("x", array, STAMP)

    assert any(isinstance(buffer, np.ndarray) and np.shares_memory(buffer, array) for buffer in buffers)


def test_bfloat16_is_written_as_float32() -> None:
    values = np.array([1.0, -2.5, np.inf, 3.140625], "f4")
    # The type of ml_dtypes, which is not installed here: two bytes with this name.
    bits = (values.view("u4") >> 16).astype("u2")

    class Named(np.ndarray[Any, Any]):
        @property
        def dtype(self) -> Any:
            return _Bfloat16()

    class _Bfloat16:
        name, kind = "bfloat16", "V"

        def __hash__(self) -> int:
            return 0

        def newbyteorder(self, order: str) -> _Bfloat16:
            return self

    value = there_and_back("x", bits.view(Named)).value

    assert value.dtype == np.float32
    np.testing.assert_array_equal(value, values)


def test_a_stored_bfloat16_is_read_as_float32() -> None:
    content = np.array([1.0, -2.5], "f4").view("u4") >> 16
    tensor = (
        varint_field(1, 14)
        + bytes_field(2, bytes_field(2, varint_field(1, 2)))
        + bytes_field(4, content.astype("<u2").tobytes())
    )

    np.testing.assert_array_equal(decode(event_of(tensor)).value, [1.0, -2.5])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_strings_come_back(strings: list[str]) -> None:
    for array in (np.array(strings), np.array(strings, object)):
        assert there_and_back("s", array).value.tolist() == strings


def test_bytes_come_back_as_strings() -> None:
    assert there_and_back("s", np.array([b"a", "ü".encode()])).value.tolist() == ["a", "ü"]


def test_a_structured_array_is_refused() -> None:
    with pytest.raises(Unsupported, match="can't be written"):
        encode("x", np.zeros(2, [("a", "i4"), ("b", "f4")]), STAMP)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (varint_field(1, 1) + bytes_field(5, np.array([1.5], "<f4").tobytes()), [1.5]),
        (varint_field(1, 1) + float_field(5, 2.5), [2.5]),
        (varint_field(1, 2) + double_field(6, 2.5), [2.5]),
        (varint_field(1, 9) + varint_field(10, -3), [-3]),
        (varint_field(1, 3) + bytes_field(7, b"\x05"), [5]),
        (varint_field(1, 10) + varint_field(11, 1), [True]),
    ],
)
def test_values_in_typed_fields_are_read(fields: bytes, expected: list[Any]) -> None:
    shape = bytes_field(2, bytes_field(2, varint_field(1, 1)))

    assert decode(event_of(fields + shape)).value.tolist() == expected


@pytest.mark.parametrize(
    ("tensor", "what"),
    [
        (varint_field(1, 99) + bytes_field(4, b"1234"), "unknown type 99"),
        (
            varint_field(1, 1) + bytes_field(2, bytes_field(2, varint_field(1, 2))) + bytes_field(4, b"1234"),
            "4 bytes",
        ),
        (b"\x22\xff", "does not end"),
        (b"\x22\x7f", "127 bytes where 0 are left"),
        (b"\x07", "wire type 7"),
    ],
)
def test_a_broken_tensor_says_what_is_wrong(tensor: bytes, what: str) -> None:
    with pytest.raises(BadMessage, match=what):
        decode(event_of(tensor))


@pytest.mark.parametrize(
    "event", [b"", varint_field(2, 1), bytes_field(5, b""), bytes_field(5, bytes_field(1, b""))]
)
def test_an_event_of_something_else_is_refused(event: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(memoryview(event))


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    try:
        decode(memoryview(garbage))
    except BadMessage:
        return


@given(st.data())
def test_a_flipped_bit_is_refused_or_read_and_nothing_else_happens(data: st.DataObject) -> None:
    payload = bytearray(payload_of(joined("loss", np.arange(3, dtype="f4")))[0])
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    try:
        decode(memoryview(bytes(payload)))
    except BadMessage:
        return


def event_of(tensor: bytes) -> memoryview:
    value = bytes_field(1, b"x") + bytes_field(8, tensor)
    return memoryview(varint_field(2, 1) + bytes_field(5, bytes_field(1, value)))
