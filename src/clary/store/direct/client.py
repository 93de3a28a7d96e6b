"""The client of the other S3, with a name of a bucket that is checked first."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clary.store.backing.client import BackingClient
from clary.store.backing.failures import BackingError

from .refusals import DirectRefused, DirectUnavailable, refusal_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from clary.store.backing.address import BackingAddress

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


class DirectClient:
    """Asks the other S3. Safe to use from any thread."""

    def __init__(self, address: BackingAddress) -> None:
        self.endpoint = address.endpoint
        self.region = address.region
        self.encrypts = address.is_aws
        """Whether it is asked for encryption. The SageMaker SDK asks for a KMS with each upload of code, and
        most S3s without one refuse that."""
        self._client = BackingClient(address, address.endpoint, prepare=_with_digests)

    @contextmanager
    def asking(self, bucket: str | None = None, *, checked: bool = True) -> Iterator[S3Client]:
        """Gives the client of botocore. Raises DirectRefused and DirectUnavailable.

        bucket: from a caller; None for none. checked: as for ``BackingClient.asking``.
        """
        if bucket is not None and not _BUCKET.fullmatch(bucket):
            # An ARN would lead botocore to another server.
            raise DirectRefused("InvalidBucketName", f"The specified bucket is not valid: {bucket:.80}", 400)
        try:
            with self._client.asking(checked=checked) as client, self._in_words():
                yield client
        except DirectRefused:
            raise
        except BackingError as error:
            raise DirectUnavailable(str(error)) from error

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except BackingError:
            raise
        except Exception as error:
            refused = refusal_of(error, self.endpoint)
            if refused is None:
                raise
            raise refused from error

    def close(self) -> None:
        self._client.close()


def _with_digests(client: Any) -> None:
    # S3 wants a digest of this body. botocore sends a checksum that only newer S3s know.
    client.meta.events.register("before-call.s3.DeleteObjects", _add_digest)


def _add_digest(params: dict[str, Any], **_: Any) -> None:
    body = params["body"]
    digest = hashlib.md5(body if isinstance(body, bytes) else body.encode(), usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()
