"""A client of another S3: made once, with errors in words, and quick to fail while nobody answers there."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .failures import BackingError, BackingUnavailable, in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_s3 import S3Client

    from .address import BackingAddress

CONNECT_S, READ_S = 3.0, 60.0
TRIES = 3
"""botocore waits between them, longer each time: a refused connection is known after about a second."""
CONNECTIONS = 64
AWAY_S = 2.0
"""How long requests fail at once after one that found nobody: threads must not all wait for the same."""


class BackingClient:
    """Asks one S3. Safe to use from any thread."""

    def __init__(
        self,
        address: BackingAddress,
        place: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        prepare: Callable[[S3Client], None] = lambda _: None,
    ) -> None:
        """place: what errors call the S3. prepare: is given the client of botocore once it is made."""
        self._address = address
        self._place = place
        self._prepare = prepare
        self._clock = clock
        self._lock = threading.Lock()
        self._known: S3Client | None = None
        self._away_until = 0.0
        self._away: BackingUnavailable | None = None

    @contextmanager
    def asking(self, *, checked: bool = True) -> Iterator[S3Client]:
        """Gives the client of botocore, and raises BackingError for what it raises in the block.

        checked: fails at once while the S3 is known to be away.
        """
        if checked and self._away is not None and self._clock() < self._away_until:
            raise BackingUnavailable(str(self._away))
        try:
            yield self._made()
        except BackingError:
            raise
        except Exception as error:
            said = in_words(error, self._place)
            if isinstance(said, BackingUnavailable):
                self._away, self._away_until = said, self._clock() + AWAY_S
            raise said from error
        self._away = None

    def close(self) -> None:
        with self._lock:
            if self._known is not None:
                self._known.close()
                self._known = None

    def _made(self) -> S3Client:
        with self._lock:
            if self._known is None:
                self._known = _make_client(self._address)
                self._prepare(self._known)
            return self._known


def _make_client(address: BackingAddress) -> S3Client:
    # Imported here: it takes 0.1 s, and the client another 0.3 s.
    import botocore.session
    from botocore.config import Config

    access, secret = address.keys or (None, None)
    addressing: Any = {"addressing_style": address.addressing}
    client: Any = botocore.session.Session().create_client(
        "s3",
        region_name=address.region,
        endpoint_url=address.endpoint,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        config=Config(
            signature_version="s3v4",
            s3=addressing,
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            max_pool_connections=CONNECTIONS,
            # Other S3s do not know AWS's newer checksums. The body is signed instead.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    # `clary env` makes botocore send everything for AWS to Clary. Here the address is meant.
    client.meta.events.unregister("before-sign", unique_id="clary-endpoint")
    made: S3Client = client
    return made
