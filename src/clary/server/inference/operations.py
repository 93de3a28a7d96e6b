"""The operations of SageMaker Runtime. They run on the event loop: waiting for a model takes no thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.wire import event_stream
from clary.wire.json_body import dump

from .answer_body import AnswerBody, CutOff
from .async_request import new_request
from .invocation import CLOSED_SESSION_ID, CUSTOM_ATTRIBUTES, NEW_SESSION_ID, invocation_of
from .model_connection import ModelGone

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from .async_queue import AsyncQueue
    from .capture import AnswerCopy, DataCapture
    from .dispatcher import Dispatcher, ModelAnswer

Document = dict[str, Any]

WHOLE_BYTES = 256 << 10
"""A body up to this size is sent as one, so that an error can still take its place."""
STREAM_S = 8 * 60.0
"""The longest that a model may go on with a response stream."""


@dataclass(frozen=True, slots=True)
class Inference:
    """What the operations may use."""

    dispatcher: Dispatcher
    capture: DataCapture
    queue: AsyncQueue
    now: Callable[[], float]


async def invoke_endpoint(ctx: Inference, request: Document) -> Document:
    """The answer of a model. A large body is passed on as it comes."""
    invocation = invocation_of(request)
    answer = await ctx.dispatcher.send(invocation)
    headers = answer.head.headers
    result = {
        "ContentType": headers.get("content-type"),
        "InvokedProductionVariant": answer.chosen.variant.name,
        "CustomAttributes": headers.get(CUSTOM_ATTRIBUTES),
        "NewSessionId": headers.get(NEW_SESSION_ID),
        "ClosedSessionId": headers.get(CLOSED_SESSION_ID),
    }
    try:
        begin = await ctx.dispatcher.begin(answer, WHOLE_BYTES)
    except BaseException:
        answer.close()
        raise
    copy = ctx.capture.begin(answer.chosen, invocation, headers.get("content-type", ""))
    if answer.is_read:
        answer.close()
        body = b"".join(begin)
        if copy is not None:
            copy.end(body)
        return {**result, "Body": body}
    return {**result, "Body": AnswerBody(answer, _rest(answer, begin, copy))}


async def invoke_endpoint_with_response_stream(ctx: Inference, request: Document) -> Document:
    """The answer of a model as events, each as soon as its bytes have come."""
    invocation = invocation_of(request)
    answer = await ctx.dispatcher.send(invocation, body_s=STREAM_S)
    headers = answer.head.headers
    copy = ctx.capture.begin(answer.chosen, invocation, headers.get("content-type", ""))
    return {
        "ContentType": headers.get("content-type"),
        "InvokedProductionVariant": answer.chosen.variant.name,
        "CustomAttributes": headers.get(CUSTOM_ATTRIBUTES),
        "Body": AnswerBody(answer, _events(answer, copy)),
    }


async def invoke_endpoint_async(ctx: Inference, request: Document) -> Document:
    """Keeps a request, whose answer will be in S3. What is wrong with its input is told there too."""
    endpoint = ctx.dispatcher.choice.table.find(request["EndpointName"])
    if endpoint is None:
        raise ctx.dispatcher.account.no_endpoint(request["EndpointName"])
    if not endpoint.routes.variants:
        raise ctx.dispatcher.account.not_in_service(endpoint.name, endpoint.status)
    record = new_request(endpoint, request, ctx.now())
    await ctx.queue.add(record)
    return {member: record.get(member) for member in ("InferenceId", "OutputLocation", "FailureLocation")}


async def _rest(
    answer: ModelAnswer, begin: list[bytes], copy: AnswerCopy | None
) -> AsyncGenerator[bytes, None]:
    """Yields the whole body of an answer: its beginning, and what follows. Raises CutOff."""
    size = 0
    try:
        for piece in begin:
            size += len(piece)
            yield _copied(piece, copy)
        while piece := await answer.piece():
            size += len(piece)
            if size > answer.chosen.payload_bytes:
                raise CutOff(f"it has more than {answer.chosen.payload_bytes} bytes")
            yield _copied(piece, copy)
    except TimeoutError:
        raise CutOff("it took too long") from None
    except ModelGone as gone:
        raise CutOff(str(gone)) from None
    if copy is not None:
        copy.end()


async def _events(answer: ModelAnswer, copy: AnswerCopy | None) -> AsyncGenerator[bytes, None]:
    """Yields the frames of a response stream. An error is the last one when the model did not end it."""
    try:
        while piece := await answer.piece():
            yield event_stream.event("PayloadPart", _copied(piece, copy))
    except TimeoutError:
        yield _broken("ModelInvocationTimeExceeded", f"the answer took more than {STREAM_S:.0f} s")
    except ModelGone as gone:
        yield _broken("StreamBroken", f"{gone} before the end of its answer")
    else:
        if copy is not None:
            copy.end()


def _copied(piece: bytes, copy: AnswerCopy | None) -> bytes:
    if copy is not None:
        copy.take(piece)
    return piece


def _broken(code: str, message: str) -> bytes:
    return event_stream.exception("ModelStreamError", dump({"Message": message, "ErrorCode": code}))
