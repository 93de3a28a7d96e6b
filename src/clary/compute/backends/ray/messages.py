"""What the server and the driver say to each other: one JSON document a line.

{"Id": 7, "Ask": "poll", "With": {...}}        to the driver
{"Id": 7, "Answer": ...}                       back, in any order
{"Id": 7, "Trouble": "...", "Away": true}      it failed; away: the cluster could not be asked
{"Nodes": [...], "NoNodeFor": [...]}           when the nodes change, or the owners that wait for nodes that
                                               the autoscaler can't add; "Ready": true in the first one
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LONGEST_BYTES = 64 << 20
"""Of one line: a spec has at most the hyperparameters and the variables of one job."""


@dataclass(frozen=True, slots=True)
class DriverSettings:
    """What a driver is started with.

    address: as ``ray.init`` takes it. namespace: of this installation of Clary: its actors and its groups.
    folder: where nodes keep hosts. sandbox, delivery_s: as for ProcessBackend. rests: nodes without hosts
    have no keeper, because an autoscaler takes no node for idle that has one. environments_bytes: the most
    that a node keeps of environments that no host of it uses.
    """

    address: str
    namespace: str
    folder: str
    sandbox: str = "auto"
    delivery_s: float = 900.0
    rests: bool = False
    environments_bytes: int = 50 << 30


def line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"
