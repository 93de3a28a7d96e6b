"""What an agent reports of its host: its phases, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Phase:
    """The phases of a host, in order. A kind translates them to the statuses of its records."""

    STARTING = "Starting"
    DOWNLOADING = "Downloading"
    TRAINING = "Training"
    PROCESSING = "Processing"  # of a processing job, instead of Training
    RUNNING = "Running"  # of any other workload
    UPLOADING = "Uploading"
    DONE = "Done"


class Outcome:
    """How a host ended."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"  # the user's code: non-zero exit
    CLIENT_ERROR = "ClientError"  # data or role: the user can correct it
    INTERNAL_ERROR = "InternalServerError"  # of the platform: RetryStrategy applies
    STOPPED = "Stopped"
    MAX_RUNTIME = "MaxRuntimeExceeded"


@dataclass(frozen=True, slots=True)
class HostReport:
    """What an agent says of its host; each report replaces the one before it.

    phases: (phase, epoch seconds it began), in order. outcome is empty until the host is done.
    message: what user code left in ``/opt/ml/output/message``.
    model_content: identifies the model that a host has written or loaded; empty when it is not known.
    address: where the server of a host listens, ``127.64.0.1:8080``; empty for a host without one.
    """

    phases: tuple[tuple[str, float], ...]
    outcome: str = ""
    reason: str = ""
    exit_code: int | None = None
    model_uploaded: bool = False
    message: str = ""
    checkpoints_uploaded: bool = False
    model_content: str = ""
    address: str = ""

    def to_document(self) -> dict[str, Any]:
        return {
            "Phases": [{"Phase": phase, "At": at} for phase, at in self.phases],
            "Outcome": self.outcome,
            "Reason": self.reason,
            "ExitCode": self.exit_code,
            "ModelUploaded": self.model_uploaded,
            "Message": self.message,
            "CheckpointsUploaded": self.checkpoints_uploaded,
            "ModelContent": self.model_content,
            "Address": self.address,
        }
