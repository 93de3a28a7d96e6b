"""The frame of a record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.debugger.tensors.crc32c import crc32c, masked_crc32c
from clary.debugger.tensors.records import FOOTER, BadRecord, header, payload_of, payloads


def record(payload: bytes) -> bytes:
    return header(len(payload)) + payload + FOOTER


def test_crc32c_has_the_published_check_value() -> None:
    assert crc32c(b"123456789") == 0xE3069283


def test_the_footer_is_the_checksum_the_public_reader_compares_with() -> None:
    assert masked_crc32c(b"0x12345678").to_bytes(4, "little") == FOOTER


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_records_are_read_back_one_after_the_other(contents: list[bytes]) -> None:
    data = b"".join(map(record, contents))

    assert [bytes(payload) for _, payload in payloads(data)] == contents


@given(st.binary(max_size=40), st.data())
def test_a_record_cut_anywhere_says_so(content: bytes, data: st.DataObject) -> None:
    whole = record(content)
    cut = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(BadRecord, match=r"too few|needs"):
        payload_of(whole[:cut])


@pytest.mark.parametrize(("at", "place"), [(0, 8), (9, 8), (12 + 5, 17), (12 + 8, 17)])
def test_a_changed_byte_of_the_frame_is_found_with_its_place(at: int, place: int) -> None:
    broken = bytearray(record(b"hello"))
    broken[at] ^= 1

    with pytest.raises(BadRecord) as caught:
        payload_of(bytes(broken))

    assert caught.value.offset == place
