"""StopTraining, done with the rights of the job's role."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..client.service import Service


def stop_training(service: Service, job_name: str, prefix: str) -> str:
    """Stops the one running job whose name begins so; answers what was done, in a sentence.

    An empty prefix, or the job's whole name, means the job itself. Where several jobs could be meant, none is
    stopped, as AWS does it. Raises ServiceError.
    """
    target = job_name
    if prefix and prefix != job_name:
        answer = service.sagemaker(
            "ListTrainingJobs", {"NameContains": prefix, "StatusEquals": "InProgress", "MaxResults": 100}
        )
        names = [summary["TrainingJobName"] for summary in answer["TrainingJobSummaries"]]
        meant = [name for name in names if name.startswith(prefix)]
        if len(meant) != 1:
            return f"No training job was stopped: {len(meant)} running jobs begin with {prefix!r}, not one."
        target = meant[0]
    service.sagemaker("StopTrainingJob", {"TrainingJobName": target})
    return f"The training job {target} is being stopped, as the rule's StopTraining action asks."
