"""Says in S3 that nothing more will come of what all hosts of a job write into one folder.

.clary/done/<host>      each host, when it has sent everything
training_job_end.ts     the first host, when all have; smdebug's readers look for it
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .outputs import put
from .s3 import S3Uri

if TYPE_CHECKING:
    from .objects import ObjectSource

PEERS_PATIENCE_S = 60.0
DONE_FOLDER = ".clary/done/"
END_MARKER = "training_job_end.ts"


@dataclass(frozen=True, slots=True)
class EndMarker:
    """One host's part. uri: the folder, with a slash at its end. peers: the other hosts of the job."""

    uri: S3Uri
    source: ObjectSource
    host: str
    peers: tuple[str, ...]
    first: bool

    def write(self, *, wait: bool, poll_s: float) -> None:
        """Call when this host has sent everything. wait: for the others, where this host is the first.

        Raises ClientError and OSError.
        """
        if self.peers:
            self._put_empty(DONE_FOLDER + self.host)
        if self.first:
            if wait and self.peers:
                self._wait_for_peers(poll_s)
            self._put_empty(END_MARKER)

    def _wait_for_peers(self, poll_s: float) -> None:
        missing = set(self.peers)
        deadline = time.monotonic() + PEERS_PATIENCE_S
        done = S3Uri(self.uri.bucket, self.uri.key + DONE_FOLDER)
        while True:
            missing -= {item.key[len(done.key) :] for item in self.source.under(done)}
            if not missing or time.monotonic() > deadline:
                return
            time.sleep(poll_s)

    def _put_empty(self, relative: str) -> None:
        with open(os.devnull, "rb") as nothing:
            put(self.source, S3Uri(self.uri.bucket, self.uri.key + relative), nothing.fileno())
