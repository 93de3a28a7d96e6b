"""Creates and updates the record of a training job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.domain.rules import rules_of
from clary.kinds.kind import NewRecord
from clary.kinds.rule_evaluation.evaluation import evaluation_of, wire_statuses
from clary.kinds.rule_evaluation.record import add_rules, keep_evaluation
from clary.kinds.rule_evaluation.request import check_rules

from .metric_definitions import with_algorithm_metrics
from .request import check_request
from .warm_pool import check_update, check_warm_pool, with_pool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document, Stores

COMMIT_TAG, REPOSITORY_TAG = "git:commit", "git:repository"
MEMBER_LIMIT = 1024


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    """Returns the record of a new job, as ``kind.Make`` promises, and the evaluation of its rules."""
    rules = rules_of(begun)
    check_request(stores, begun)
    check_rules(stores.machines, rules)
    record: Document = {
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        **begun,
        "AlgorithmSpecification": with_algorithm_metrics(stores, begun),
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Starting",
        **with_pool(begun),
        "SecondaryStatusTransitions": [
            {
                "Status": "Starting",
                "StartTime": begun["CreationTime"],
                "StatusMessage": "Starting the training job",
            }
        ],
    }
    if commit := _source_commit(tags):
        record["_SourceCommit"] = commit
    if not rules:
        return NewRecord(record)
    evaluation = evaluation_of(record, rules)
    record |= wire_statuses(record, rules, evaluation)
    return NewRecord(record, lambda: keep_evaluation(stores, record, evaluation))


def update(stores: Stores, name: str, wishes: Document) -> Document:
    """Changes what AWS lets be changed of a running job: profiling, and rules that are added or disabled.

    Returns the record. Raises RecordMissing; ValidationError when the job has ended.
    """

    def apply(record: Document) -> Document:
        if (
            record["TrainingJobStatus"] in ("Completed", "Failed", "Stopped")
            and "ResourceConfig" not in wishes
        ):
            raise ValidationError(
                f"Training job {record['TrainingJobName']} is {record['TrainingJobStatus']}; "
                "only a job that is InProgress can be updated."
            )
        changes = dict(wishes)
        if "ResourceConfig" in wishes:
            check_update(record)
            check_warm_pool(
                {**record, "ResourceConfig": {**record["ResourceConfig"], **wishes["ResourceConfig"]}}
            )
        for member in ("ResourceConfig", "ProfilerConfig"):
            if member in wishes:
                changes[member] = {**record.get(member, {}), **wishes[member]}
        if "ProfilerRuleConfigurations" in wishes:
            before = record.get("ProfilerRuleConfigurations", [])
            named = {
                rule["RuleConfigurationName"]: rule for rule in before + wishes["ProfilerRuleConfigurations"]
            }
            changes["ProfilerRuleConfigurations"] = list(named.values())
            check_rules(stores.machines, rules_of({**record, **changes}))
        return changes

    with stores.records.transaction():
        record = stores.records.update("training-job", name, apply)
        if "ProfilerRuleConfigurations" in wishes:
            add_rules(stores, record)
    return record


def _source_commit(tags: Mapping[str, str]) -> Document:
    """``MetadataProperties`` of the job's trial component, from the tags of the request."""
    members = {"CommitId": tags.get(COMMIT_TAG), "Repository": tags.get(REPOSITORY_TAG)}
    return {member: value[:MEMBER_LIMIT] for member, value in members.items() if value}
