"""AWS's managed policies, under their own ARNs, as far as they concern services of Clary.

The documents were written for Clary. Each allows the same as AWS's policy of that name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

CREATED_AT = 1_420_070_400.0
"""2015-01-01, an instant for policies that were always there."""


@dataclass(frozen=True, slots=True)
class AwsManagedPolicy:
    name: str
    arn: str
    policy_id: str
    description: str
    document: str


@cache
def aws_managed_policies() -> dict[str, AwsManagedPolicy]:
    """By ARN."""
    found = {}
    for name, (description, statements) in _POLICIES.items():
        arn = f"arn:aws:iam::aws:policy/{name}"
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        policy_id = "ANPA" + name.upper().ljust(16, "A")[:16]
        found[arn] = AwsManagedPolicy(name, arn, policy_id, description, document)
    return found


def _allow(*actions: str, on: str | list[str] = "*", when: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    if when is not None:
        statement["Condition"] = when
    return statement


_READ_SAGEMAKER = _allow(
    "sagemaker:BatchDescribe*", "sagemaker:BatchGet*", "sagemaker:Describe*", "sagemaker:Get*",
    "sagemaker:List*", "sagemaker:QueryLineage", "sagemaker:Search",
)  # fmt: skip
_READ_LOGS = _allow(
    "logs:Describe*", "logs:Get*", "logs:List*", "logs:FilterLogEvents", "logs:StartQuery", "logs:StopQuery"
)
_READ_METRICS = _allow("cloudwatch:Get*", "cloudwatch:List*", "cloudwatch:Describe*")
_READ_S3 = _allow("s3:Get*", "s3:List*")
_READ_ECR = _allow(
    "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:Describe*", "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer", "ecr:GetRepositoryPolicy", "ecr:List*",
)  # fmt: skip
_READ_IAM = _allow("iam:Get*", "iam:List*", "iam:Simulate*")

_POLICIES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "IAMUserChangePassword": (
        "One's own password.",
        [
            _allow("iam:ChangePassword", on="arn:aws:iam::*:user/${aws:username}"),
            _allow("iam:GetAccountPasswordPolicy"),
        ],
    ),
    "AdministratorAccess": ("Everything on everything.", [_allow("*")]),
    "PowerUserAccess": (
        "Everything except managing users, roles and policies.",
        [
            {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"},
            _allow("iam:ListRoles"),
        ],
    ),
    "ReadOnlyAccess": (
        "Looks at everything, changes nothing.",
        [_READ_SAGEMAKER, _READ_LOGS, _READ_S3, _READ_ECR, _READ_IAM],
    ),
    "AmazonSageMakerFullAccess": (
        "All of SageMaker, and what jobs need around it: data in buckets named after SageMaker, logs, roles.",
        [
            _allow("sagemaker:*"),
            _allow(
                "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
                on=["arn:aws:s3:::*SageMaker*", "arn:aws:s3:::*Sagemaker*", "arn:aws:s3:::*sagemaker*"],
            ),
            _allow(
                "s3:CreateBucket", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListAllMyBuckets",
                "s3:ListBucketMultipartUploads", "s3:GetBucketAcl", "s3:GetBucketCors", "s3:PutBucketCors",
            ),
            _allow(
                "logs:CreateLogGroup", "logs:CreateLogStream", "logs:Describe*", "logs:FilterLogEvents",
                "logs:GetLogEvents", "logs:PutLogEvents",
            ),
            _allow("cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"),
            _allow("iam:GetRole", "iam:ListRoles"),
            # Nothing here needs them, but SDK v3 refuses a role unless IAM's simulation allows them.
            _allow(
                "cloudwatch:PutMetricData", "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
                "ec2:DescribeVpcs", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage",
                "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
            ),
            _allow(
                "iam:PassRole",
                on="arn:aws:iam::*:role/*",
                when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
        ],
    ),
    "AmazonSageMakerReadOnly": ("Looks at everything of SageMaker.", [_READ_SAGEMAKER, _READ_LOGS]),
    "AmazonEC2ContainerRegistryFullAccess": ("All repositories of images.", [_allow("ecr:*")]),
    "AmazonEC2ContainerRegistryPowerUser": (
        "Pushes and pulls images; deletes nothing.",
        [
            _READ_ECR,
            _allow(
                "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"
            ),
        ],
    ),
    "AmazonEC2ContainerRegistryReadOnly": ("Pulls images.", [_READ_ECR]),
    "AmazonS3FullAccess": ("All buckets and objects.", [_allow("s3:*")]),
    "AmazonS3ReadOnlyAccess": ("Reads all buckets and objects.", [_READ_S3]),
    "CloudWatchReadOnlyAccess": ("Reads all metrics and log groups.", [_READ_METRICS, _READ_LOGS]),
    "CloudWatchLogsFullAccess": ("All log groups.", [_allow("logs:*")]),
    "CloudWatchLogsReadOnlyAccess": ("Reads all log groups.", [_READ_LOGS]),
    "IAMFullAccess": ("All users, roles and policies.", [_allow("iam:*")]),
    "IAMReadOnlyAccess": ("Looks at all users, roles and policies.", [_READ_IAM]),
}  # fmt: skip
