"""Whose the utilization of a host is: metrics that are not among those of its job."""

from __future__ import annotations


def unit_of_utilization(name: str) -> str:
    """The unit of a metric of a host, as CloudWatch spells it."""
    if name.endswith("Utilization"):
        return "Percent"
    return "Bytes/Second" if name.endswith("BytesPerSecond") else "None"


def host_owner(job_arn: str, host: str) -> str:
    """The owner of the series of one host."""
    return f"{job_arn}/{host}"


def read_host_owner(owner: str) -> tuple[str, str] | None:
    """Returns (ARN of the job, name of the host); None for what is no host's. Names of jobs have no slash."""
    job_arn, slash, host = owner.rpartition("/")
    return (job_arn, host) if slash and job_arn.count("/") == 1 else None
