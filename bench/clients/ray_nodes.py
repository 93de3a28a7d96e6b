"""Asks a Ray cluster for its nodes. Runs in Ray's environment; a driver would take longer to connect."""

from __future__ import annotations

import json
import sys

from ray._raylet import GcsClient

ALIVE = 0


def main(address: str) -> dict[str, str]:
    """The ids of the nodes that are alive, by their addresses."""
    nodes = GcsClient(address=address).get_all_node_info(timeout=5).values()
    return {node.node_manager_address: node.node_id.hex() for node in nodes if node.state == ALIVE}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
