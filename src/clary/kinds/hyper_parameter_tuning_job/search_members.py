"""What Search finds tuning jobs by: the tops of property names, as the model's shape has them."""

from __future__ import annotations

SEARCH_MEMBERS = frozenset(
    {
        "HyperParameterTuningJobName",
        "HyperParameterTuningJobArn",
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition",
        "TrainingJobDefinitions",
        "HyperParameterTuningJobStatus",
        "CreationTime",
        "HyperParameterTuningEndTime",
        "LastModifiedTime",
        "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
        "BestTrainingJob",
        "OverallBestTrainingJob",
        "WarmStartConfig",
        "FailureReason",
        "TuningJobCompletionDetails",
        "ConsumedResources",
        "Tags",
    }
)
