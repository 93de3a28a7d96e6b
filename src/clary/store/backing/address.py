"""Where the S3 behind Clary is, and with which keys it is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

DEFAULT_BUCKET = "clary"
DEFAULT_REGION = "us-east-1"
ADDRESSING = ("auto", "path", "virtual")

_HOST_OF_AWS = re.compile(r"s3[.-](?:dualstack\.|fips\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


@dataclass(frozen=True, slots=True)
class BackingAddress:
    """endpoint: scheme, host and port. prefix: empty, or ends with a slash.

    keys: access key and secret; None: what the usual ``AWS_*`` variables and files say.
    """

    endpoint: str
    bucket: str
    prefix: str
    region: str = DEFAULT_REGION
    addressing: str = "path"
    keys: tuple[str, str] | None = field(default=None, repr=False)
    is_aws: bool = False
    makes_bucket: bool = False
    """Whether the bucket is made when there is none: only the one that the user did not name."""

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.bucket}/{self.prefix}"


def parse_address(
    url: str, *, region: str = "", addressing: str = "auto", keys: tuple[str, str] | None = None
) -> BackingAddress:
    """Reads ``https://host[/bucket[/prefix]]``. Raises ValueError, whose text says what is wrong.

    region: empty: that of AWS's own host name, else us-east-1.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an S3 looks like https://host/bucket or https://host/bucket/prefix")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "keys do not belong into the address; give them as CLARY_S3_ACCESS_KEY_ID and "
            "CLARY_S3_SECRET_ACCESS_KEY, or as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if parts.query or parts.fragment:
        raise ValueError("an address of an S3 has no query")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port is not a number from 1 to 65535") from None
    bucket, _, prefix = unquote(parts.path).strip("/").partition("/")
    if bucket and not _BUCKET.fullmatch(bucket):
        raise ValueError(f"{bucket!r} is no name of a bucket")
    of_aws = _HOST_OF_AWS.fullmatch(parts.hostname)
    is_aws = of_aws is not None or parts.hostname == "s3.amazonaws.com"
    if addressing == "auto":
        addressing = "virtual" if is_aws else "path"
    return BackingAddress(
        endpoint=f"{parts.scheme}://{parts.netloc}",
        bucket=bucket or DEFAULT_BUCKET,
        prefix=f"{prefix.strip('/')}/" if prefix.strip("/") else "",
        region=region or (of_aws[1] if of_aws is not None else DEFAULT_REGION),
        addressing=addressing,
        keys=keys,
        is_aws=is_aws,
        makes_bucket=not bucket,
    )
