"""The S3 behind Clary's own: where the content of large objects lies when ``CLARY_S3`` names one.

    client ── S3 of Clary ──┬── database      keys, versions, attributes, small content
                            └── backing S3    <prefix>ab/cdef...   content under random names, written once
    host   ── LocateObjects ──> a presigned URL ──> backing S3

A row names such content "@" and 32 hexadecimal digits (``blob_names``). Content in files stays
readable beside it.
"""

from __future__ import annotations

URL_S = 3600
"""For how long a URL that hosts get may be used."""
