"""Downloads objects as an agent on another machine does, and prints the seconds it took."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from clary.domain.identity import Credentials
from clary.host.client.checksum import KnownCrc
from clary.host.client.objects import ObjectSource
from clary.host.client.s3 import Listed
from clary.host.client.service import Service
from clary.host.inputs.fetching import Staged, fetch_all


def main(folder: str, bucket: str, objects: list[dict[str, Any]]) -> float:
    """objects: as LocateObjects tells them."""
    source, staged = source_of(bucket, objects)
    began = time.perf_counter()
    fetch_all(staged, Path(folder), source)
    return time.perf_counter() - began


def source_of(bucket: str, objects: list[dict[str, Any]]) -> tuple[ObjectSource, list[Staged]]:
    credentials = Credentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN", ""),
    )

    def service() -> Service:
        return Service(os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"], lambda: credentials)

    source = ObjectSource(service, service, "", "")
    listed = [
        Listed(
            each["Key"],
            each["Size"],
            etag=each["ETag"],
            granted=True,
            checksum=KnownCrc.of(each["Checksum"], each["Size"]),
        )
        for each in objects
    ]
    return source, [Staged(bucket, item, item.key) for item in listed]


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
