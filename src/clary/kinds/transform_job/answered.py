"""What DescribeTransformJob always answers."""

from __future__ import annotations

from typing import Any

from clary.kinds.answered import completed

Document = dict[str, Any]

DEFAULTS: Document = {
    "TransformInput": {"CompressionType": "None", "SplitType": "None"},
    "TransformOutput": {"AssembleWith": "None", "KmsKeyId": ""},
    "DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"},
    "Environment": {},
}


def answered(job: Document) -> Document:
    return completed(job, DEFAULTS)
