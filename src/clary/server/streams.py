"""The payloads of S3: bodies that are too large to hold, on their way to the disk and back.

    socket ──pieces──► event loop ──1 MiB batches──► worker thread: unframe, hash, write
                       gathers the next batch meanwhile

The event loop never hashes, writes or reads a file. At most two batches of a body are in memory.
"""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from clary.services.s3._errors import S3Error

from .body_intake import BodyIntake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from clary.services.s3._blob_slice import BlobSlice
    from clary.store.blobs import BlobStore
    from clary.store.staging import StagedBlob
    from clary.wire.http import HttpRequest
    from clary.wire.sigv4 import Signature

Result = TypeVar("Result")

BATCH_BYTES = 1 << 20
THREADS = 16


async def receive_body(
    pieces: AsyncIterator[bytes],
    blobs: BlobStore,
    request: HttpRequest,
    params: dict[str, Any],
    signature: Signature,
    secret: str,
) -> StagedBlob:
    """Takes the body of PutObject or UploadPart to the disk and checks all that the client said of it.

    Nothing stays behind when it raises: S3's errors for a body that is not what was announced, or whatever
    ended ``pieces``. Otherwise the operation owns what comes back.
    """
    intake = BodyIntake(blobs, request, params, signature, secret)
    pending: asyncio.Future[None] | None = None
    batch: list[bytes] = []
    size = 0
    try:
        if intake.announced_bytes is None or intake.announced_bytes > BATCH_BYTES:
            # Refused before the client sends gigabytes; a small body is not worth another change of threads.
            await _in_thread(intake.open)
        async for piece in pieces:
            batch.append(piece)
            size += len(piece)
            if size >= BATCH_BYTES:
                if pending is not None:
                    await pending
                pending = _in_thread(intake.take, b"".join(batch))
                batch, size = [], 0
        if pending is not None:
            await pending
        return await _in_thread(intake.finish, b"".join(batch))
    except BaseException:
        # A batch may still be on its way in its thread: discarding waits for it there, not here.
        _threads().submit(intake.discard)
        raise


async def send_blob(content: BlobSlice) -> AsyncIterator[bytes]:
    """The bytes of an object, read ahead by one piece; closes ``content`` at the end."""
    try:
        ahead = _in_thread(content.read, BATCH_BYTES)
        while piece := await ahead:
            ahead = _in_thread(content.read, BATCH_BYTES)
            yield piece
    finally:
        _threads().submit(content.close)


def check_payload_hash(body: bytes, payload_hash: str) -> None:
    """Raises unless a body that was read whole is the one that was signed."""
    if len(payload_hash) == 64 and hashlib.sha256(body).hexdigest() != payload_hash.lower():
        raise S3Error(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )


def _in_thread(function: Callable[..., Result], *arguments: Any) -> asyncio.Future[Result]:
    return asyncio.get_running_loop().run_in_executor(_threads(), function, *arguments)


@cache
def _threads() -> ThreadPoolExecutor:
    # Its own, so that slow disks hold up other bodies but no other operation.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="clary-s3")
