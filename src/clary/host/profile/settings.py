"""Reads a ProfilerConfig, of CreateTrainingJob and of profilerconfig.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..client.s3 import S3Uri
from ..errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_INTERVAL_MS = 500
SHORTEST_INTERVAL_MS = 100
# Parameters of the SDK for profiling that frameworks do better themselves today.
_OF_FRAMEWORKS = ("DetailedProfilingConfig", "PythonProfilingConfig", "DataloaderProfilingConfig")


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """uri: the folder of this job's profile, with a slash at its end.

    left_out: ProfilingParameters that ask for something that is not recorded.
    """

    uri: S3Uri
    interval_s: float
    left_out: tuple[str, ...] = ()


def profile_settings(config: Mapping[str, Any] | None, job_name: str) -> ProfileSettings | None:
    """Returns None when nothing is to be profiled. Raises ClientError for an invalid S3OutputPath."""
    if not config or config.get("DisableProfiler") or not config.get("S3OutputPath"):
        return None
    try:
        base = S3Uri.parse(config["S3OutputPath"])
    except ValueError as error:
        raise ClientError(f"ProfilerConfig.S3OutputPath: {error}") from error
    folder = "/".join(filter(None, [base.key.rstrip("/"), job_name, "profiler-output/"]))
    parameters = config.get("ProfilingParameters") or {}
    return ProfileSettings(
        S3Uri(base.bucket, folder),
        interval_s_of(config),
        tuple(name for name in _OF_FRAMEWORKS if parameters.get(name)),
    )


def interval_s_of(config: Mapping[str, Any]) -> float:
    """Returns the interval between two readings."""
    interval_ms: int = config.get("ProfilingIntervalInMilliseconds") or DEFAULT_INTERVAL_MS
    return max(interval_ms, SHORTEST_INTERVAL_MS) / 1000
