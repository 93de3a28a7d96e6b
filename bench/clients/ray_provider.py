"""How Ray's autoscaler gets machines of the harness. The head loads it, in Ray's environment."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from ray.autoscaler.node_provider import NodeProvider

ANSWER_S = 60.0


class MachineProvider(NodeProvider):
    """As ``bench/harness/ray_autoscaler.py`` answers. The id of a node is the name of its machine."""

    def non_terminated_nodes(self, tag_filters: dict[str, str]) -> list[str]:
        nodes = self._ask("nodes")
        return [name for name, node in nodes.items() if tag_filters.items() <= node["tags"].items()]

    def is_running(self, node_id: str) -> bool:
        return node_id in self._ask("nodes")

    def is_terminated(self, node_id: str) -> bool:
        return not self.is_running(node_id)

    def node_tags(self, node_id: str) -> dict[str, str]:
        found: dict[str, str] = self._ask("nodes").get(node_id, {"tags": {}})["tags"]
        return found

    def internal_ip(self, node_id: str) -> str:
        return str(self._ask("nodes")[node_id]["address"])

    external_ip = internal_ip

    def set_node_tags(self, node_id: str, tags: dict[str, str]) -> None:
        self._ask("tag", node=node_id, tags=tags)

    def create_node(self, node_config: dict[str, Any], tags: dict[str, str], count: int) -> None:
        for _ in range(count):
            self._ask("start", tags=tags)

    def terminate_node(self, node_id: str) -> None:
        self._ask("end", node=node_id)

    def _ask(self, what: str, **arguments: Any) -> Any:
        request = urllib.request.Request(
            f"{self.provider_config['url']}/{what}", data=json.dumps(arguments).encode()
        )
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:
            return json.load(answer)
