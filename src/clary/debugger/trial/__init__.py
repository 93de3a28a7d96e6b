"""Reads the tensors that a training has saved, from a folder or from S3, during the training and afterwards.

trial = open_trial("s3://bucket/job/debug-output")
trial.steps("TRAIN")                                    # complete steps
trial.tensor_names(collection="gradients")
trial.tensor("gradient/Net_fc.weight").value(100)       # a numpy array
trial.tensor("Net_fc.weight").reduction_value(100, "mean", abs=True)

for step in trial.follow():                             # each step in order, until the job ends
    step.step, step.mode, step.mode_step, step.workers
    for name, saved in step.tensors().items():          # no tensor is read yet
        saved.value()                                   # read-only, a view of the mapped file
        saved.reduction("mean", absolute=True)          # the stored reduction, if there is one
    step.tensors("worker_1").load(names)                # many at once: {name: array}
"""

from __future__ import annotations

from typing import Any

from .errors import (
    CorruptFile,
    NoSuchTensor,
    NoSuchWorker,
    NoTrial,
    NotSaved,
    NotYet,
    StepUnavailable,
    TrialError,
    Unavailable,
)
from .local import LocalFiles
from .s3 import S3Files
from .step import SavedTensor, Step, Tensors
from .tensor import Tensor
from .trial import Trial

__all__ = [
    "CorruptFile",
    "NoSuchTensor",
    "NoSuchWorker",
    "NoTrial",
    "NotSaved",
    "NotYet",
    "SavedTensor",
    "Step",
    "StepUnavailable",
    "Tensor",
    "Tensors",
    "Trial",
    "TrialError",
    "Unavailable",
    "open_trial",
]


def open_trial(path: Any, *, s3: Any = None, refresh_every_s: float | None = 1.0) -> Trial:
    """Opens the trial in a folder, or at ``s3://bucket/prefix``. It may be empty, and new steps may be added.

    s3: the client of boto3 or botocore to read with; by default one configured by the environment.
    refresh_every_s: the shortest time between two searches for new files when the trial is asked something;
    with None, only ``refresh`` and ``follow`` search.
    Raises NoTrial when the folder or bucket can't be read.
    """
    text = str(path)
    files = S3Files(text, s3) if text.startswith("s3://") else LocalFiles(text)
    return Trial(files, refresh_every_s=refresh_every_s)
