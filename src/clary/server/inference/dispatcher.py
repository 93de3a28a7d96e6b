"""Sends an invocation to an instance of its endpoint, and hands back the answer as it comes.

    choose ──> enter ──> container 1 ──> container 2 ... ──> head ──> pieces ──> leave
      ^                     │
      └── nobody listens ───┘   nothing was sent yet: another instance, or this one when it is back

An answer that is an error, or that does not come, is a ModelError: the container's own status and words.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from .failures import ORIGINAL_BYTES, unavailable
from .invocation import CLOSED_SESSION_ID, NEW_SESSION_ID
from .model_connection import ModelGone
from .model_servers import NotListening
from .shadows import ShadowCopies

if TYPE_CHECKING:
    from collections.abc import Callable

    from .capture import DataCapture
    from .choice import Chosen, InstanceChoice
    from .failures import EndpointAccount
    from .invocation import Invocation
    from .meter import InvocationMeter
    from .model_connection import ModelConnection, ModelHead
    from .model_servers import ModelAddress, ModelServers
    from .object_body import ObjectBody

RETURN_S = 2.0
"""How long a request waits for an instance that is on its way back."""
LOOK_S = 0.05


class ModelAnswer:
    """A successful answer: its head, and a body that is read as it comes. ``close`` it in any case.

    close: called once, with the status; 0 for a body that was cut off. ends_at: the time of the loop at which
    the body has to be complete.
    """

    def __init__(
        self,
        chosen: Chosen,
        container: str,
        connection: ModelConnection,
        head: ModelHead,
        close: Callable[[int], None],
        ends_at: float,
    ) -> None:
        self.chosen = chosen
        self.container = container
        self.head = head
        self._connection = connection
        self._ends_at = ends_at
        self._status = head.status
        self._close: Callable[[int], None] | None = close

    async def piece(self) -> bytes:
        """Returns the next bytes of the body, b"" after the last.

        Raises ModelGone when the body is cut off, and TimeoutError.
        """
        if self._connection.has_piece:
            return await self._connection.piece()
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await self._connection.piece()
        except (ModelGone, TimeoutError):
            self._status = 0
            raise

    @property
    def is_read(self) -> bool:
        return self._connection.is_read

    def close(self) -> None:
        """Ends the answer. What has not been read of it is given up."""
        close, self._close = self._close, None
        if close is not None:
            close(self._status)


class Dispatcher:
    """Sends invocations. For the event loop only.

    timeout_s: how long a model may take for an answer. random: a number from 0 to less than 1.
    """

    def __init__(
        self,
        choice: InstanceChoice,
        servers: ModelServers[ModelAddress],
        account: EndpointAccount,
        timeout_s: float,
        meter: InvocationMeter,
        capture: DataCapture,
        random: Callable[[], float],
    ) -> None:
        self.choice = choice
        self._servers = servers
        self.account = account
        self._timeout_s = timeout_s
        self._meter = meter
        self._shadows = ShadowCopies(
            choice, partial(self._ask, timeout_s=timeout_s, body_s=0.0), capture, random
        )

    async def send(
        self, invocation: Invocation, *, body_s: float = 0.0, timeout_s: float | None = None
    ) -> ModelAnswer:
        """Returns the answer of the model once its head is there.

        body_s: how long the body may take, where that is longer than an answer. timeout_s: how long an answer
        may take, where that is not the usual time.

        Raises what ``InstanceChoice.choose`` raises, ModelError when the model fails or takes too long, and
        ServiceUnavailable when no instance has come back in time.
        """
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + RETURN_S
        copied = invocation.asynchronous
        while True:
            chosen = await self.choice.choose(invocation)
            if not copied:
                self._shadows.send(chosen, invocation)
                copied = True
            try:
                return await self._ask(chosen, invocation, timeout_s or self._timeout_s, body_s)
            except NotListening as nobody:
                if loop.time() >= give_up_at:
                    raise unavailable(
                        f"Variant {chosen.variant.name} of endpoint {chosen.endpoint.name} has no instance "
                        f"that answers: {nobody}. It is started again; try again in a moment."
                    ) from None
            await self.choice.table.changed(LOOK_S)

    async def begin(self, answer: ModelAnswer, most_bytes: int) -> list[bytes]:
        """Returns the body of an answer, or so much of a larger one. Raises ModelError when it is cut off."""
        name, container = answer.chosen.endpoint.name, answer.container
        limit = answer.chosen.payload_bytes
        if (answer.head.length or 0) > limit:
            raise self.account.model_error(
                name,
                container,
                answer.head.status,
                f"the answer has {answer.head.length} bytes; at most {limit} are passed on. "
                "CLARY_INVOKE_MB of the server sets another limit.",
            )
        pieces: list[bytes] = []
        size = 0
        try:
            while size <= most_bytes and (piece := await answer.piece()):
                pieces.append(piece)
                size += len(piece)
        except TimeoutError:
            raise self.account.timed_out(name, container) from None
        except ModelGone as gone:
            raise self.account.cut_off(name, container, str(gone)) from None
        return pieces

    async def _ask(
        self, chosen: Chosen, invocation: Invocation, timeout_s: float, body_s: float
    ) -> ModelAnswer:
        """Asks the containers of one instance in turn. Raises NotListening when the first is not there."""
        body: bytes | ObjectBody = invocation.body
        content_type = invocation.content_type
        container = chosen.containers[0][0]
        asked_at = asyncio.get_running_loop().time()
        ends_at = asked_at + timeout_s
        # Of the answer; None while it is on its way, and when nobody was asked.
        status: int | None = 0
        try:
            async with asyncio.timeout_at(ends_at):
                for number, (container, address) in enumerate(chosen.containers, 1):
                    last = number == len(chosen.containers)
                    head = invocation.head(address, content_type, len(body), last=last)
                    connection, answer = await self._exchange(address, head, body, again=number > 1)
                    if not 200 <= answer.status < 300:
                        status = answer.status
                        message = await self._read(address, connection, ORIGINAL_BYTES, cut=True)
                        raise self.account.model_error(
                            chosen.endpoint.name, container, answer.status, message.decode(errors="replace")
                        )
                    if last:
                        status = None
                        close = partial(self._close, chosen, invocation, asked_at, address, connection)
                        self._note_session(chosen, answer)
                        return ModelAnswer(
                            chosen, container, connection, answer, close, max(ends_at, asked_at + body_s)
                        )
                    body = await self._read(address, connection, chosen.payload_bytes)
                    content_type = answer.headers.get("content-type", "")
            raise AssertionError("an instance has at least one container")
        except NotListening:
            status = None
            self.choice.in_flight.leave(chosen.key)
            raise
        except TimeoutError:
            raise self.account.timed_out(chosen.endpoint.name, container) from None
        except ModelGone as gone:
            raise self.account.cut_off(chosen.endpoint.name, container, str(gone)) from None
        finally:
            if status is not None:
                self._leave(chosen, invocation, asked_at, status)

    def _close(
        self,
        chosen: Chosen,
        invocation: Invocation,
        asked_at: float,
        address: ModelAddress,
        connection: ModelConnection,
        status: int,
    ) -> None:
        self._servers.give_back(address, connection)
        self._leave(chosen, invocation, asked_at, status)

    def _leave(self, chosen: Chosen, invocation: Invocation, asked_at: float, status: int) -> None:
        """The request is on its way no more. status: of its answer; 0 when there was none."""
        self.choice.in_flight.leave(chosen.key)
        now = asyncio.get_running_loop().time()
        self._meter.count(
            chosen.endpoint.arn,
            chosen.variant.name,
            len(chosen.variant.instances),
            status,
            model_s=now - asked_at,
            overhead_s=asked_at - invocation.begun_at,
        )

    def _note_session(self, chosen: Chosen, head: ModelHead) -> None:
        if NEW_SESSION_ID in head.headers:
            self.choice.sessions.begin(head.headers[NEW_SESSION_ID], chosen.key)
        if CLOSED_SESSION_ID in head.headers:
            self.choice.sessions.end(head.headers[CLOSED_SESSION_ID])

    async def _exchange(
        self, address: ModelAddress, head: bytes, body: bytes | ObjectBody, *, again: bool
    ) -> tuple[ModelConnection, ModelHead]:
        """again: waits for a container that is on its way back, as those before it have done their work."""
        give_up_at = asyncio.get_running_loop().time() + RETURN_S
        while True:
            try:
                return await self._servers.exchange(address, head, body)
            except NotListening as nobody:
                if not again:
                    raise
                if asyncio.get_running_loop().time() >= give_up_at:
                    raise ModelGone(str(nobody), untouched=True) from None
            await asyncio.sleep(LOOK_S)

    async def _read(
        self, address: ModelAddress, connection: ModelConnection, most_bytes: int, *, cut: bool = False
    ) -> bytes:
        """Returns a whole body. One that is larger is cut off, or raises ModelGone."""
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := await connection.piece():
                pieces.append(piece)
                size += len(piece)
                if size > most_bytes and not cut:
                    raise ModelGone(f"the container sent more than {most_bytes} bytes", untouched=False)
                if size > most_bytes:
                    break
            return b"".join(pieces)[:most_bytes]
        finally:
            self._servers.give_back(address, connection)
