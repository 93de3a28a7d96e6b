"""What the cluster's autoscaler says of what waits."""

from __future__ import annotations

import ray
from ray.core.generated.autoscaler_pb2 import GetClusterStatusReply

ANSWER_S = 5.0


def without_nodes() -> str:
    """Returns Ray's words on placement groups that wait for nodes which the autoscaler can't add now.

    It has no type of node for them, or has as many nodes as it may have. The words contain the ids of these
    groups. Empty where no autoscaler says so: only Ray's second one does. Blocks.
    """
    # Ray has no public way to ask for it.
    text = ray._private.worker.global_worker.gcs_client.get_cluster_status(timeout_s=ANSWER_S)
    reply = GetClusterStatusReply()
    reply.ParseFromString(text)
    return " ".join(group.details for group in reply.autoscaling_state.infeasible_gang_resource_requests)
