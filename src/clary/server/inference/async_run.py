"""Answers one stored request: reads its input from S3, asks the model, writes the answer to S3.

The transaction that stores the answer deletes the request. So a request has one answer, whenever the server
was killed: it is asked again as long as there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.errors import PlatformError, ValidationError
from clary.store.backing.failures import ContentLost
from clary.store.records import RecordMissing

from .async_request import RECORD_KIND, inline_body, invocation_of_record
from .data_log import tell_owner
from .failures import ModelError
from .model_connection import ModelGone
from .object_body import ObjectBody
from .role_objects import RoleObjects
from .route_table import EndpointElsewhere

if TYPE_CHECKING:
    from clary.server.platform import Platform

    from .dispatcher import Dispatcher, ModelAnswer

Document = dict[str, Any]

BATCH_BYTES = 1 << 20
AGAIN_S = 1.0
TRIES = 3
"""How often a request is sent whose host ended in the middle of it: it died, or an update replaced it."""
LATER = ("ServiceUnavailable", "ModelNotReadyException", "ThrottlingException")
"""Errors of a request that no model has got."""


class AsyncRun:
    """Answers requests. It may be cancelled at any time: the next server begins the request again."""

    def __init__(self, platform: Platform, dispatcher: Dispatcher) -> None:
        self._platform = platform
        self._dispatcher = dispatcher
        self._objects = RoleObjects(platform)

    async def answer(self, record: Document) -> None:
        """Answers one request, or writes why it failed. Raises nothing that belongs to the request.

        Raises BackingError while the content of objects can't be had, and EndpointElsewhere: then it has to
        be tried again.
        """
        try:
            role_arn, variant = self._role(record)
        except ValidationError:
            return  # The endpoint is gone, and with it whoever could read or write.
        with contextlib.suppress(RecordMissing):  # Another server on the same database was faster.
            try:
                await self._try(record, role_arn)
            except EndpointElsewhere:
                raise
            except PlatformError as error:
                message = error.members.get("OriginalMessage") or error.message
                await asyncio.to_thread(self._fail, record, role_arn, variant, str(message))
            except ContentLost:
                lost = f"the content of {record['InputLocation']} is gone; upload it again"
                await asyncio.to_thread(self._fail, record, role_arn, variant, lost)
            except OSError as error:
                await asyncio.to_thread(self._fail, record, role_arn, variant, f"the server failed: {error}")

    def _forget(self, record: Document) -> None:
        """Deletes a stored request. Raises RecordMissing."""
        self._platform.records.delete(RECORD_KIND, record["InvocationId"])

    def _role(self, record: Document) -> tuple[str, str]:
        """Returns the execution role of the endpoint, and its first variant."""
        endpoint = self._dispatcher.choice.table.find(record["EndpointName"])
        if endpoint is None or not endpoint.routes.variants:
            raise ValidationError("the endpoint is gone")
        variant = endpoint.routes.variants[0].name
        return endpoint.roles[variant], variant

    async def _try(self, record: Document, role_arn: str) -> None:
        body = await self._body(record, role_arn)
        try:
            tries = 0
            while True:
                if self._platform.now() > record["ExpiresAt"]:
                    raise ValidationError("the request has waited longer than its RequestTTLSeconds")
                begun_at = asyncio.get_running_loop().time()
                try:
                    answer = await self._dispatcher.send(
                        invocation_of_record(record, body, begun_at), timeout_s=record["TimeoutS"]
                    )
                    return await self._write(record, role_arn, answer)
                except EndpointElsewhere:
                    raise
                except PlatformError as error:
                    died = isinstance(error, ModelError) and error.died
                    tries += died
                    if error.code not in LATER and not (died and tries < TRIES):
                        raise
                except ModelGone:
                    tries += 1
                    if tries >= TRIES:
                        raise
                await asyncio.sleep(AGAIN_S)
        finally:
            if isinstance(body, ObjectBody):
                body.close()

    async def _body(self, record: Document, role_arn: str) -> bytes | ObjectBody:
        if "Body" in record:
            return inline_body(record)
        return ObjectBody(await asyncio.to_thread(self._objects.open, role_arn, record["InputLocation"]))

    async def _write(self, record: Document, role_arn: str, answer: ModelAnswer) -> None:
        """Writes the body of an answer. Raises ModelGone and ModelError when it is cut off."""
        content_type = answer.head.headers.get("content-type", "")
        opening = asyncio.to_thread(self._objects.begin, role_arn, record["OutputLocation"], content_type)
        try:
            writing = await opening
            try:
                batch: list[bytes] = []
                size = 0
                while piece := await answer.piece():
                    batch.append(piece)
                    size += len(piece)
                    if size >= BATCH_BYTES:
                        await asyncio.to_thread(writing.write, batch)
                        batch, size = [], 0
                await asyncio.to_thread(writing.write, batch)
                await asyncio.to_thread(writing.finish, partial(self._forget, record))
            except BaseException:
                writing.discard()
                raise
        except TimeoutError:
            raise PlatformError(f"the answer took more than {record['TimeoutS']} s") from None
        finally:
            answer.close()

    def _fail(self, record: Document, role_arn: str, variant: str, message: str) -> None:
        """Writes why a request failed, as a text of JSON: so every deserializer of the SDK reads it."""
        endpoint = record["EndpointName"]
        line = f"asynchronous request {record['InvocationId']} failed: {message}"
        location = record.get("FailureLocation")
        if location is not None:
            try:
                self._objects.put(
                    role_arn,
                    location,
                    [orjson.dumps(message)],
                    "application/json",
                    partial(self._forget, record),
                )
            except PlatformError as error:
                line += f"; that could not be written to {location}: {error.message}"
        tell_owner(self._platform, endpoint, variant, line)
