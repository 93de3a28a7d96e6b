"""The secondary statuses of a training job, as its ``SecondaryStatusTransitions`` tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Phase
from clary.kinds.decision import changed

from .attempts import WORK, present_attempt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen

Document = dict[str, Any]

MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job waited and ran longer than MaxWaitTimeInSeconds provided",
    "Completed": "Training job completed",
    "Restarting": "Restarting the training job after a fault of the platform",
    "Interrupted": "Training job interrupted",
}

FINAL = ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded")

_ENDING = {"Stopping", "Interrupted"}
"""After these, the phases of hosts are no longer those of the job."""


def follow_phases(transitions: list[Document], hosts: Sequence[HostSeen]) -> list[Document]:
    """Adds each phase that every host has reached since the last look."""
    for phase in (Phase.DOWNLOADING, Phase.TRAINING, Phase.UPLOADING):
        entered = [host.entered_at(phase) for host in hosts]
        at = [instant for instant in entered if instant is not None]
        done = {step["Status"] for step in present_attempt(transitions)}
        if len(at) == len(hosts) and hosts and phase not in done and not done & _ENDING:
            transitions = enter(transitions, phase, max(at))
    return transitions


def enter(transitions: list[Document], status: str, at: float, message: str = "") -> list[Document]:
    """Ends the last transition and adds a new one, which stays open unless the status is final."""
    steps = [dict(step) for step in transitions]
    at = max(at, steps[-1]["StartTime"])
    steps[-1].setdefault("EndTime", at)
    new: Document = {"Status": status, "StartTime": at, "StatusMessage": message or MESSAGES[status]}
    if status in FINAL:
        new["EndTime"] = at
    return [*steps, new]


def status_changes(transitions: list[Document], status: str) -> Document:
    return {
        "SecondaryStatusTransitions": transitions,
        "SecondaryStatus": transitions[-1]["Status"],
        "TrainingJobStatus": status,
    }


def start_time(record: Document, transitions: list[Document]) -> Document:
    """TrainingStartTime: when the instances began to work for the job."""
    begun = [step["StartTime"] for step in transitions if step["Status"] in WORK]
    if "TrainingStartTime" in record or not begun:
        return {}
    return {"TrainingStartTime": begun[0]}


def waiting(record: Document, message: str) -> Document:
    """The changes that tell what a job waits for."""
    transitions = [dict(step) for step in record["SecondaryStatusTransitions"]]
    transitions[-1]["StatusMessage"] = message
    return changed(record, {"SecondaryStatusTransitions": transitions})
