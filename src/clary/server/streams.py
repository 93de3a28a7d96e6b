"""Moves the payloads of S3, which are too large for memory, to the disk and back.

    socket ──pieces──► event loop ──1 MiB batches──► bulk thread: unframe, hash, write
                       gathers the next batch            └──► disk thread: sync, row

The event loop never hashes, writes or reads a file. At most two batches of a body are in memory.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from clary.services.s3._errors import S3Error
from clary.store.backing.failures import BackingError

from .body_intake import BodyIntake
from .inference.answer_body import CutOff

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from clary.services.s3._blob_slice import BlobSlice
    from clary.store.object_store import S3Store
    from clary.store.staging import StagedBlob
    from clary.wire.http import HttpRequest
    from clary.wire.sigv4 import Signature

Result = TypeVar("Result")

BATCH_BYTES = 1 << 20
DISK_THREADS = 16
"""For calls that wait for the disk. Many syncs at a time take hardly longer than one. Reads are among them:
they hold the interpreter lock for so short that their number does no harm."""
BULK_THREADS = max(2, os.cpu_count() or 1)
"""For hashing and writing. More threads than cores would only wait for the interpreter lock, and the event
loop with them: on 2 cores, 10 threads made a Describe take 95 ms (p95) where 2 make it take 39."""

FAR_THREADS = 32
"""For content that goes to the S3 behind Clary, or comes from there: they mostly wait for the network."""


async def receive_body(
    pieces: AsyncIterator[bytes],
    blobs: S3Store,
    request: HttpRequest,
    params: dict[str, Any],
    signature: Signature,
    secret: str,
    keep: Callable[[StagedBlob], Result],
) -> Result:
    """Writes the body of PutObject or UploadPart to the disk and checks it against the headers.

    Returns the result of ``keep``, which is called in the thread that made the content durable and owns it
    from then on. Raises S3's errors for a body that does not match its headers, and what ``pieces`` or
    ``keep`` raises; nothing stays on the disk then.
    """
    intake = BodyIntake(blobs, request, params, signature, secret)
    bulk, last = (_far(), _far()) if intake.goes_far else (_bulk(), _disk())
    pending: asyncio.Future[None] | None = None
    batch: list[bytes] = []
    size = 0
    try:
        if intake.announced_bytes is None or intake.announced_bytes > BATCH_BYTES:
            # Refuses before the client sends gigabytes. A small body is not worth a change of threads.
            await _in_thread(last, intake.open)
        async for piece in pieces:
            batch.append(piece)
            size += len(piece)
            if size >= BATCH_BYTES:
                if pending is not None:
                    await pending
                pending = _in_thread(bulk, intake.take, batch)
                batch, size = [], 0
        if pending is not None:
            await pending
        return await _in_thread(last, intake.finish, batch, keep)
    except BaseException:
        # A thread may still be writing a batch: discarding waits for that in a thread too.
        last.submit(intake.discard)
        raise


async def begin_to_send(content: BlobSlice) -> None:
    """Reads the beginning of an object that lies elsewhere, so that the answer can still be an error."""
    if content.is_far:
        await _in_thread(_far(), content.begin, BATCH_BYTES)


async def send_blob(content: BlobSlice) -> AsyncIterator[bytes]:
    """Yields the bytes of an object, and reads ahead by one piece. Closes ``content`` at the end.

    Raises CutOff when the rest can't be had.
    """
    threads = _far() if content.is_far else _disk()
    try:
        piece = await _in_thread(threads, content.read, BATCH_BYTES)
        while piece:
            ahead = None if content.is_at_end else _in_thread(threads, content.read, BATCH_BYTES)
            yield piece
            piece = b"" if ahead is None else await ahead
    except BackingError as error:
        raise CutOff(str(error)) from error
    finally:
        threads.submit(content.close)


def check_payload_hash(body: bytes, payload_hash: str) -> None:
    """Raises S3Error unless the body has the hash that was signed."""
    if len(payload_hash) == 64 and hashlib.sha256(body).hexdigest() != payload_hash.lower():
        raise S3Error(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )


def _in_thread(
    threads: ThreadPoolExecutor, function: Callable[..., Result], *arguments: Any
) -> asyncio.Future[Result]:
    return asyncio.get_running_loop().run_in_executor(threads, function, *arguments)


# Separate pools, so that a slow disk delays other bodies but no other operation.


@cache
def _bulk() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(BULK_THREADS, thread_name_prefix="clary-s3-bulk")


@cache
def _disk() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="clary-s3-disk")


@cache
def _far() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(FAR_THREADS, thread_name_prefix="clary-s3-far")
