"""What Search finds endpoints by: the tops of property names, as the model's shape has them."""

from __future__ import annotations

SEARCH_MEMBERS = frozenset(
    {
        "Tags",
        "CreationTime",
        "LastModifiedTime",
        "EndpointName",
        "EndpointArn",
        "EndpointConfigName",
        "EndpointStatus",
        "FailureReason",
        "ProductionVariants",
        "ShadowProductionVariants",
        "DataCaptureConfig",
        "MonitoringSchedules",
    }
)
