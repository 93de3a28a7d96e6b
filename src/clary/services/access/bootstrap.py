"""Creates what a new account needs: the execution role of notebooks and jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from clary.domain.arns import role_arn
from clary.store.records import RecordExists

from .credentials import new_id
from .directory import ROLE, record_name
from .trust import SAGEMAKER

if TYPE_CHECKING:
    from clary.store.records import Records

EXECUTION_ROLE = "ClaryExecutionRole"
POLICY = "ClaryExecution"


def ensure_defaults(records: Records, account: str) -> None:
    """Creates the execution role unless it exists. A role that its owner has changed stays as it is.

    An unchanged role of an earlier version gets what it lacked: the limit to itself, without which it could
    pass any role, and the rights on images.
    """
    arn = role_arn(account, EXECUTION_ROLE)
    new = {POLICY: _execution_policy(arn)}
    earlier = [{POLICY: _execution_policy(arn, limited=limited, images=False)} for limited in (False, True)]
    document = {
        "RoleName": EXECUTION_ROLE,
        "RoleId": new_id("AROA", 17),
        "Arn": arn,
        "Path": "/",
        "Description": "What notebooks and training jobs run as. Made by Clary on its first start.",
        "MaxSessionDuration": 43_200,
        "Tags": [],
        "_trust": _trust(account),
        "_policies": new,
        "_attached": ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"],
    }
    name = record_name(ROLE, EXECUTION_ROLE)
    try:
        records.insert(ROLE, name, document, arn=arn)
    except RecordExists:
        records.update(ROLE, name, lambda role: {"_policies": new} if role["_policies"] in earlier else {})


def _trust(account: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": SAGEMAKER}, "Action": "sts:AssumeRole"},
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": "sts:AssumeRole",
                },
            ],
        }
    )


def _execution_policy(arn: str, *, limited: bool = True, images: bool = True) -> str:
    # AmazonSageMakerFullAccess also allows to pass any role to SageMaker, and so to use that role.
    only_itself = {"Sid": "NoOther", "Effect": "Deny", "Action": "iam:PassRole", "NotResource": arn}
    # Tutorials use buckets of any name, and SDK v3 simulates the role's policies before it starts a job.
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                *([only_itself] if limited else []),
                {"Sid": "Data", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                *(
                    [{"Sid": "Images", "Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]
                    if images
                    else []
                ),
                {
                    "Sid": "Itself",
                    "Effect": "Allow",
                    "Action": [
                        "iam:GetRole",
                        "iam:GetRolePolicy",
                        "iam:ListRolePolicies",
                        "iam:ListAttachedRolePolicies",
                        "iam:PassRole",
                        "iam:SimulatePrincipalPolicy",
                        "sts:AssumeRole",
                    ],
                    "Resource": arn,
                },
                {
                    "Sid": "Policies",
                    "Effect": "Allow",
                    "Action": ["iam:GetPolicy", "iam:GetPolicyVersion"],
                    "Resource": "*",
                },
            ],
        }
    )
