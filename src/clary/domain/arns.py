"""Builds and parses Amazon Resource Names (ARNs)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """``arn:<partition>:<service>:<region>:<account>:<resource>``; a resource may have ``/`` and ``:``."""

    service: str
    region: str
    account: str
    resource: str
    partition: str = "aws"

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Parses an ARN. Raises ValueError when ``text`` is not one."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[2]:
            raise ValueError(f"not an ARN: {text!r}")
        return cls(partition=parts[1], service=parts[2], region=parts[3], account=parts[4], resource=parts[5])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def canonical_arn(text: str) -> str:
    """Returns the spelling an ARN is stored under: SageMaker's in lower case, all others unchanged."""
    return text.lower() if text.startswith("arn:") and text.split(":", 3)[2] == "sagemaker" else text


def sagemaker_arn(region: str, account: str, resource_type: str, name: str) -> str:
    """Builds the ARN of a SageMaker resource. SageMaker lower-cases the name in it."""
    return f"arn:aws:sagemaker:{region}:{account}:{resource_type}/{name.lower()}"


def role_arn(account: str, name: str, path: str = "/") -> str:
    return f"arn:aws:iam::{account}:role{path}{name}"


def user_arn(account: str, name: str, path: str = "/") -> str:
    return f"arn:aws:iam::{account}:user{path}{name}"


def assumed_role_arn(account: str, role_name: str, session_name: str) -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role_name}/{session_name}"
