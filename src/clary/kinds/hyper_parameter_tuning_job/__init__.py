"""The kind ``hyper-parameter-tuning-job``: a job without hosts that makes training jobs, its trials."""

from .kind import KIND

__all__ = ["KIND"]
