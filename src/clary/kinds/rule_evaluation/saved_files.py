"""The files of a training job that its rules read."""

from __future__ import annotations

from typing import Any

from clary.kinds.kind import SavedFiles

Document = dict[str, Any]


def saved_files(job: Document) -> SavedFiles | None:
    """Where a job saves tensors and its profile; None when it saves neither."""
    hook, profiler = job.get("DebugHookConfig"), job.get("ProfilerConfig")
    tensors = _below(job, hook["S3OutputPath"], "debug-output") if hook else ""
    off = bool(profiler and profiler.get("DisableProfiler"))
    profile = ""
    if profiler and (not off or "S3OutputPath" in profiler):
        base = profiler.get("S3OutputPath") or job["OutputDataConfig"]["S3OutputPath"]
        profile = _below(job, base, "profiler-output")
    return SavedFiles(tensors, profile, off) if tensors or profile else None


def _below(job: Document, base: str, folder: str) -> str:
    return f"{base.rstrip('/')}/{job['TrainingJobName']}/{folder}"
