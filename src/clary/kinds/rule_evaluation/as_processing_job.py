"""Describes and stops a rule as a processing job, which it is on the wire.

What there is to say of them stands in the record of their evaluation; here it is put the way that
DescribeProcessingJob puts it. Lists of processing jobs show those that users have made.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from clary.domain.arns import Arn, sagemaker_arn
from clary.domain.errors import ValidationError
from clary.domain.hosts import PROCESSING_JOB, TRAINING_JOB
from clary.domain.rules import ERROR, FINAL, IN_PROGRESS, KIND, STOPPED, STOPPING, JobRule, rules_of
from clary.store.records import RecordExists, RecordMissing

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores

RULE_JOB = "rule-job"
"""Kind of the records that map the name of a processing job to a training job and its rule."""

INSTANCE_TYPE, VOLUME_GB = "ml.t3.medium", 10
"""For a rule without an instance type."""
_STATUSES = {IN_PROGRESS: "InProgress", STOPPING: "Stopping", STOPPED: "Stopped", ERROR: "Failed"}


def name_rule_jobs(stores: Stores, job: Document, evaluation: Document) -> None:
    """Inserts the records that find the rules of a training job by the names of their processing jobs."""
    for rule, known in evaluation["Rules"].items():
        arn = sagemaker_arn(stores.region, stores.account, PROCESSING_JOB, known["JobName"])
        document = {"TrainingJobName": job["TrainingJobName"], "RuleConfigurationName": rule}
        try:
            stores.records.insert(RULE_JOB, known["JobName"], document, arn=arn)
        except RecordExists:
            continue


def forget_rule_jobs(stores: Stores, evaluation: Document) -> None:
    for known in evaluation["Rules"].values():
        with suppress(RecordMissing):
            stores.records.delete(RULE_JOB, known["JobName"])


def find_rule_job(stores: Stores, name: str) -> Document | None:
    """A rule as DescribeProcessingJob shows it, by its job's name in upper or lower case, or None."""
    found = _find(stores, name)
    if found is None:
        return None
    job, rule, known = found
    arn = Arn.parse(job["TrainingJobArn"])
    status = _STATUSES.get(known["Status"], "Completed")
    answer: Document = {
        "ProcessingJobName": known["JobName"],
        "ProcessingJobArn": sagemaker_arn(arn.region, arn.account, PROCESSING_JOB, known["JobName"]),
        "ProcessingJobStatus": status,
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": rule.configuration.get("InstanceType", INSTANCE_TYPE),
                "VolumeSizeInGB": rule.configuration.get("VolumeSizeInGB") or VOLUME_GB,
            }
        },
        "AppSpecification": {"ImageUri": rule.configuration["RuleEvaluatorImage"]},
        "Environment": rule.configuration.get("RuleParameters", {}),
        "RoleArn": job["RoleArn"],
        "TrainingJobArn": job["TrainingJobArn"],
        "CreationTime": job["CreationTime"],
        "LastModifiedTime": known["ModifiedAt"],
    }
    if status in ("Completed", "Failed", "Stopped"):
        answer["ProcessingEndTime"] = known["ModifiedAt"]
    if known["Details"]:
        answer["FailureReason" if status == "Failed" else "ExitMessage"] = known["Details"]
    return answer


def stop_rule_job(stores: Stores, name: str) -> bool:
    """Asks one rule's evaluation to end; returns False when there is no such rule.

    Raises ValidationError when the evaluation has ended.
    """
    found = _find(stores, name)
    if found is None:
        return False
    job, rule, known = found
    if known["Status"] in FINAL:
        raise ValidationError(
            f"The request was rejected because the rule {rule.name} is in status {known['Status']}; "
            "only an evaluation that is InProgress can be stopped."
        )

    def ask(present: Document) -> Document:
        wished = {**present["Rules"][rule.name], "StopRequested": True}
        return {"Rules": {**present["Rules"], rule.name: wished}}

    stores.records.update(KIND, job["TrainingJobName"], ask)
    return True


def _find(stores: Stores, name: str) -> tuple[Document, JobRule, Document] | None:
    """The training job, the rule, and its entry in the evaluation."""
    arn = sagemaker_arn(stores.region, stores.account, PROCESSING_JOB, name)
    leads = stores.records.find(RULE_JOB, name) or stores.records.find_by_arn(arn)
    if leads is None or "RuleConfigurationName" not in leads:
        return None
    job = stores.records.find(TRAINING_JOB, leads["TrainingJobName"])
    evaluation = stores.records.find(KIND, leads["TrainingJobName"])
    if job is None or evaluation is None:
        return None
    known = evaluation["Rules"].get(leads["RuleConfigurationName"])
    rule = next((rule for rule in rules_of(job) if rule.name == leads["RuleConfigurationName"]), None)
    # A job of the same name may have been made since; its rules have other processing jobs.
    if rule is None or known is None or known["JobName"].lower() != name.lower():
        return None
    return job, rule, known
