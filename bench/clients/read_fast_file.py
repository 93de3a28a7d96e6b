"""Mounts objects as the agent of a FastFile channel on another machine does, and reads them in a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from fetch_objects import source_of

from clary.host.inputs.fast_file import FastFiles
from clary.host.sandbox.fuse_mount import mount_here


def main(folder: str, bucket: str, objects: list[dict[str, Any]], most_bytes: int) -> int:
    """Returns how many bytes were read. most_bytes: of each object."""
    source, staged = source_of(bucket, objects)
    fast_files = FastFiles(mount_here, print)
    if not fast_files.provide("the channel", staged, Path(folder), source):
        raise RuntimeError("nothing can be mounted here")
    try:
        reader = Path(__file__).with_name("read_files.py")
        done = subprocess.run(
            [sys.executable, reader, folder, str(most_bytes)], check=True, capture_output=True
        )
        return int(done.stdout)
    finally:
        fast_files.close()


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
