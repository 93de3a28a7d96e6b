"""Another S3's own buckets and keys as the store: ``CLARY_S3_DIRECT``.

    client ── S3 of Clary ──────────────┐
    client ─────────────────────────────┴──> the other S3     s3://team-bucket/job/output/model.tar.gz
    host   ── LocateObjects ──> a presigned URL ──┘

Nothing of an object is kept here: each question is one request there, so what others have written a moment
ago is seen, and a server that is killed leaves nothing behind. Large bodies on their way are files without a
name.
"""

from __future__ import annotations
