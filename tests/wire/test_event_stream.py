"""Frames of event streams, as botocore's parser reads them."""

from __future__ import annotations

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from clary.wire.event_stream import event, exception


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_events_carry_any_bytes(payloads: list[bytes]) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(b"".join(event("PayloadPart", payload) for payload in payloads))

    found = [message.to_response_dict() for message in buffer]

    assert [each["body"] for each in found] == payloads
    assert all(
        each["headers"]
        == {
            ":event-type": "PayloadPart",
            ":content-type": "application/octet-stream",
            ":message-type": "event",
        }
        for each in found
    )


def test_an_exception_is_an_error() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(exception("ModelStreamError", b'{"Message": "gone"}'))

    (found,) = [message.to_response_dict() for message in buffer]

    assert found["status_code"] == 400
    assert found["headers"][":exception-type"] == "ModelStreamError"
    assert found["body"] == b'{"Message": "gone"}'
