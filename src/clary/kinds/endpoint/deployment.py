"""The ways of an update that are served: new instances start beside the old ones, then all traffic moves."""

from __future__ import annotations

from typing import Any

from clary.domain.errors import ValidationError

Document = dict[str, Any]


def check_deployment(config: Document | None) -> None:
    """Raises ValidationError for what an update would not keep."""
    if not config:
        return
    if "RollingUpdatePolicy" in config:
        raise ValidationError(
            "DeploymentConfig.RollingUpdatePolicy is not served; leave it out, or use BlueGreenUpdatePolicy "
            "with TrafficRoutingConfiguration.Type ALL_AT_ONCE."
        )
    routing = config.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    if routing.get("Type", "ALL_AT_ONCE") != "ALL_AT_ONCE":
        raise ValidationError(
            "DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration.Type "
            f"{routing['Type']} is not served; use ALL_AT_ONCE. Traffic can be split by the weights of two "
            "variants."
        )
    if config.get("AutoRollbackConfiguration", {}).get("Alarms"):
        raise ValidationError(
            "DeploymentConfig.AutoRollbackConfiguration.Alarms is not served: there are no alarms here. An "
            "update whose instances do not start rolls back without them."
        )


def termination_wait_s(config: Document | None) -> float:
    """How long the old instances wait after the traffic has moved."""
    return float((config or {}).get("BlueGreenUpdatePolicy", {}).get("TerminationWaitInSeconds", 0))
