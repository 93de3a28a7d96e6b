"""What DescribeProcessingJob always answers."""

from __future__ import annotations

from typing import Any

from clary.kinds.answered import completed

Document = dict[str, Any]

DEFAULTS: Document = {
    "ProcessingInputs": [
        {
            "AppManaged": False,
            "S3Input": {
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
                "S3CompressionType": "None",
            },
        }
    ],
    "ProcessingOutputConfig": {
        "Outputs": [{"AppManaged": False, "S3Output": {"LocalPath": ""}}],
    },
    "StoppingCondition": {"MaxRuntimeInSeconds": 86_400},
    "Environment": {},
}
ASKED_FOR = frozenset({"ProcessingInputs", "ProcessingOutputConfig"})
"""Members that stay away where the request had none."""


def answered(job: Document) -> Document:
    return completed(job, DEFAULTS, ASKED_FOR)
