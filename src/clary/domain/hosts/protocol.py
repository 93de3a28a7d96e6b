"""The version of what a server and its hosts say to each other.

Hosts outlive a server, and files may be replaced under a server that runs. A host of another version would
misunderstand what it is told. So it is refused, with a sentence for the job's FailureReason.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from functools import cache
from pathlib import Path

from . import report, spec, workloads

PROTOCOL = 1
"""To be raised when words keep their shape and change their meaning; changes of shape are noticed."""

HEADER = "x-clary-protocol"
"""Of each private request: the version of the host that asks."""
OTHER_VERSION = "OtherVersion"
"""The code of the answer to a host of another version."""

OTHER_FILES = (
    "The files of Clary are of another version than the server that runs. "
    "Restart the server (clary down, clary up) and run the job again."
)
OTHER_HOST = (
    "The job was started by another version of Clary than the server that runs now, and the two do not "
    "understand each other. Run the job again."
)


@cache
def version() -> str:
    """Of the code that is loaded: ``PROTOCOL``, and a print of all that specs and reports are made of."""
    shapes = [
        (name, [(field.name, str(field.type)) for field in dataclasses.fields(shape)])
        for module in (spec, workloads, report)
        for name, shape in sorted(vars(module).items())
        if isinstance(shape, type) and dataclasses.is_dataclass(shape)
    ]
    return f"{PROTOCOL}-{hashlib.sha256(repr(shapes).encode()).hexdigest()[:12]}"


def protocol_on_disk() -> int | None:
    """``PROTOCOL`` of the files as they are now; None where that can't be told."""
    try:
        found = re.search(r"^PROTOCOL = (\d+)$", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None
