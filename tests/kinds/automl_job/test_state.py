"""Each edge of the drawing in ``state.py``, without a process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.kinds.automl_job.made import ENSEMBLE, NAME, SEARCH, Life, limited, made

from clary.kinds.automl_job.answered import candidates_of
from clary.services.context import Context


def reported(life: Life) -> None:
    """Both reports end well."""
    life.settle()
    for name in life.running("-explainability-") + life.running("-model-quality-"):
        life.end(name)
        life.settle()


def trained(ctx: Context, **changes: Any) -> Life:
    """An Autopilot job all of whose candidates have ended; the third is the best."""
    life = Life(made(ctx, **changes)).analysed()
    values = iter((0.5, 0.7, 0.9, 0.6, 0.4, 0.3))
    while names := life.running("-t"):
        life.train(names[0], next(values))
        life.settle()
    return life


def test_it_goes_through_the_secondary_statuses_of_aws_in_their_order(ctx: Context) -> None:
    life = trained(ctx, **limited(MaxCandidates=6))
    reported(life)

    assert life.record["AutoMLJobStatus"] == "Completed"
    assert life.statuses == [
        "AnalyzingData",
        "FeatureEngineering",
        "ModelTuning",
        "MaxCandidatesReached",
        "GeneratingExplainabilityReport",
        "GeneratingModelInsightsReport",
        "Completed",
    ]


def test_the_analysis_is_told_what_was_asked_for(ctx: Context) -> None:
    life = Life(
        made(
            ctx,
            **limited(
                MaxCandidates=3, MaxRuntimePerTrainingJobInSeconds=60, MaxAutoMLJobRuntimeInSeconds=600
            ),
            ProblemType="BinaryClassification",
            AutoMLJobObjective={"MetricName": "AUC"},
            AutoMLJobConfig__DataSplitConfig={"ValidationFraction": 0.3},
            AutoMLJobConfig__CandidateGenerationConfig={"FeatureSpecificationS3Uri": "s3://bucket/f.json"},
        )
    )
    life.settle()

    [name] = life.running()
    job = life.jobs[name]
    config = json.loads(job["Environment"]["CLARY_AUTOML_CONFIG"])
    assert config | {"role": "", "region": ""} == {
        "target": "kind",
        "problem_type": "BinaryClassification",
        "metric": "AUC",
        "mode": "AUTO",
        "max_candidates": 3,
        "max_runtime_per_training_job_s": 60,
        "max_runtime_s": 600,
        "validation_fraction": 0.3,
        "sample_weight": None,
        "content_type": "text/csv;header=present",
        "compression": None,
        "features": None,
        "algorithms": None,
        "job_name": NAME,
        "role": "",
        "region": "",
        "output_uri": "s3://bucket/out/Digits",
    }
    places = {each["InputName"]: each["S3Input"]["LocalPath"] for each in job["ProcessingInputs"]}
    assert places == {
        "train": "/opt/ml/processing/input/train",
        "features": "/opt/ml/processing/input/features",
    }


@pytest.mark.parametrize(
    ("memory_mib", "instance", "larger"),
    [
        (1100, "ml.t3.medium", "ml.c5.xlarge"),
        (4097, "ml.c5.xlarge", "ml.m5.xlarge"),
        (None, "ml.m5.xlarge", "ml.m5.2xlarge"),
        (1 << 30, "ml.m5.24xlarge", "ml.m5.24xlarge"),
    ],
)
def test_instances_are_as_large_as_the_table_needs(
    ctx: Context, memory_mib: int | None, instance: str, larger: str
) -> None:
    plan = {**ENSEMBLE, "candidates": [{"name": f"model-{n}"} for n in range(5)], "memory_mib": memory_mib}
    life = Life(made(ctx), plan).analysed()
    first, second, *others = life.running("-t")
    life.end(first, "Failed", FailureReason="AlgorithmError: Out of memory: the host has 4 GiB")
    life.settle()
    [last] = [name for name in life.running("-t") if name not in (second, *others)]
    for name in (second, *others, last):
        life.train(name, 0.5)
    life.settle()

    jobs = [life.jobs[name] for name in (first, last)]
    assert [job["ResourceConfig"]["InstanceType"] for job in jobs] == [instance, larger]
    told = [int(job["Environment"]["CLARY_AUTOML_MEMORY_MIB"]) for job in jobs]
    assert told[0] < told[1] or instance == larger
    for name in life.running("-explain"):
        cluster = life.jobs[name]["ProcessingResources"]["ClusterConfig"]
        assert cluster["InstanceType"] == larger


def test_algorithms_that_the_image_has_not_are_told(ctx: Context) -> None:
    algorithms = [{"AutoMLAlgorithms": ["nn-torch", "xgboost"]}]
    generation = {"AutoMLJobConfig__CandidateGenerationConfig": {"AlgorithmsConfig": algorithms}}
    life = Life(made(ctx, **generation, AutoMLJobConfig__Mode="ENSEMBLING")).analysed()

    [told] = life.record["PartialFailureReasons"]
    assert told["PartialFailureMessage"].startswith("nn-torch can't be trained here, because the image has")


def test_a_few_candidates_train_at_once_and_the_best_is_known_at_every_moment(ctx: Context) -> None:
    life = Life(made(ctx)).analysed()
    first = life.running("-t")

    assert len(first) == 4
    assert "BestCandidate" not in life.described()
    life.train(first[1], 0.4)
    life.settle()
    assert life.described()["BestCandidate"]["CandidateName"] == first[1]
    life.train(first[0], 0.8)
    life.settle()
    assert life.described()["BestCandidate"]["CandidateName"] == first[0]
    assert [each["CandidateStatus"] for each in candidates_of(life.record)] == [
        "Completed",
        "Completed",
        *["InProgress"] * 4,
    ]


def test_a_candidate_shows_its_jobs_metrics_and_container(ctx: Context) -> None:
    life = trained(ctx)
    reported(life)

    best = life.described()["BestCandidate"]
    name = best["CandidateName"]
    assert best["FinalAutoMLJobObjectiveMetric"] == {
        "Type": "Maximize",
        "MetricName": "F1",
        "StandardMetricName": "F1",
        "Value": 0.9,
    }
    assert [step["CandidateStepType"].rpartition("::")[2] for step in best["CandidateSteps"]] == [
        "ProcessingJob",
        "TrainingJob",
    ]
    assert best["CandidateSteps"][1]["CandidateStepArn"].endswith(f":training-job/{name.lower()}")
    assert best["InferenceContainers"][0]["ModelDataUrl"] == f"s3://bucket/{name}/model.tar.gz"
    properties = best["CandidateProperties"]
    assert {(each["StandardMetricName"], each["Set"]) for each in properties["CandidateMetrics"]} == {
        ("F1", "Validation"),
        ("Accuracy", "Train"),
    }
    base = "s3://bucket/out/Digits/documentation"
    assert properties["CandidateArtifactLocations"] == {
        "Explainability": f"{base}/explainability/output/{name}",
        "ModelInsights": f"{base}/model_monitor/output/{name}",
    }


def test_of_equal_candidates_the_last_is_the_best(ctx: Context) -> None:
    life = Life(made(ctx)).analysed()
    for name in life.running("-t"):
        life.train(name, 0.5)
    life.settle()

    assert (
        life.described()["BestCandidate"]["CandidateName"] == candidates_of(life.record)[3]["CandidateName"]
    )


def test_a_candidate_that_fails_is_told_and_the_others_go_on(ctx: Context) -> None:
    life = Life(made(ctx, **limited(MaxCandidates=3))).analysed()
    first, second, third = life.running("-t")
    life.end(first, "Failed", FailureReason="AlgorithmError: no memory")
    life.train(second, 0.5, logged="validation:accuracy")
    life.train(third, 0.4)
    reported(life)

    assert life.record["AutoMLJobStatus"] == "Completed"
    assert life.described()["BestCandidate"]["CandidateName"] == third
    told = [each["PartialFailureMessage"] for each in life.record["PartialFailureReasons"]]
    assert told == [
        f"{first} failed: AlgorithmError: no memory",
        f"{second} completed, but has logged no validation:f1.",
    ]
    assert [each["ObjectiveStatus"] for each in candidates_of(life.record)] == [
        "Failed",
        "Failed",
        "Succeeded",
    ]


def test_many_failures_are_counted(ctx: Context) -> None:
    plan = {**ENSEMBLE, "candidates": [{"name": f"m{n}"} for n in range(9)]}
    life = Life(made(ctx), plan).analysed()
    life.train(life.running("-t")[0], 0.5)
    for _ in range(7):
        life.settle()
        life.end(life.running("-t")[0], "Failed", FailureReason="why")
    life.settle()

    told = [each["PartialFailureMessage"] for each in life.record["PartialFailureReasons"]]
    assert len(told) == 5
    assert told[-1] == "3 further jobs failed."


def test_if_the_first_five_all_fail_it_stops_with_the_first_reason(ctx: Context) -> None:
    life = Life(made(ctx)).analysed()
    first = life.running("-t")[0]
    for number in range(5):
        life.settle()
        life.end(life.running("-t")[0], "Failed", FailureReason=f"AlgorithmError {number}")
    life.settle()

    [last] = life.running("-t")
    assert life.stopped == [last]
    life.end(last, "Stopped")
    life.settle()
    assert life.record["AutoMLJobStatus"] == life.record["AutoMLJobSecondaryStatus"] == "Failed"
    assert life.record["FailureReason"] == (
        f"All candidates failed. The first, {first} failed: AlgorithmError 0"
    )


def test_what_the_analysis_says_of_the_data_is_the_reason(ctx: Context) -> None:
    life = Life(made(ctx))
    life.settle()
    life.end(
        life.running()[0],
        "Failed",
        ExitMessage="The column 'kind' is not there; near names: kinds.",
        FailureReason="AlgorithmError: exit code 1",
    )
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Failed"
    assert life.record["FailureReason"] == "The column 'kind' is not there; near names: kinds."


@pytest.mark.parametrize("content", [None, b"[", b"[" * 100_000, b"{}", b'{"mode": "ENSEMBLING"}'])
def test_a_plan_that_cannot_be_used_ends_it(ctx: Context, content: bytes | None) -> None:
    life = Life(made(ctx), content).analysed()

    assert life.record["AutoMLJobStatus"] == "Failed"
    assert life.record["FailureReason"].startswith("InternalServerError: the analysis left a plan that can't")


def test_definitions_only_end_with_the_notebooks(ctx: Context) -> None:
    life = Life(made(ctx, GenerateCandidateDefinitionsOnly=True)).analysed()

    assert life.record["AutoMLJobStatus"] == "Completed"
    assert life.record["AutoMLJobSecondaryStatus"] == "CandidateDefinitionsGenerated"
    assert candidates_of(life.record) == []
    for what in ("DataExploration", "CandidateDefinition"):
        location = life.record["AutoMLJobArtifacts"][f"{what}NotebookLocation"]
        assert location.endswith(f"/notebooks/SageMakerAutopilot{what}Notebook.ipynb")


def test_a_stop_stops_its_jobs_and_keeps_the_best(ctx: Context) -> None:
    life = Life(made(ctx)).analysed()
    names = life.running("-t")
    life.train(names[0], 0.5)
    life.settle()
    running = life.running("-t")
    life.record |= {"_StopRequestedAt": life.now, "AutoMLJobStatus": "Stopping"}
    life.settle()

    assert sorted(life.stopped) == sorted(running)
    assert life.record["AutoMLJobSecondaryStatus"] == "Stopping"
    for name in running:
        life.end(name, "Stopped")
    life.settle()
    assert life.record["AutoMLJobStatus"] == life.record["AutoMLJobSecondaryStatus"] == "Stopped"
    assert life.described()["BestCandidate"]["CandidateName"] == names[0]


def test_when_its_time_is_over_the_best_so_far_remains(ctx: Context) -> None:
    life = Life(made(ctx, **limited(MaxAutoMLJobRuntimeInSeconds=60))).analysed()
    names = life.running("-t")
    life.train(names[0], 0.5)
    assert life.settle().again
    life.now += 60
    life.settle()
    for name in life.running("-t"):
        life.end(name, "Stopped")
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Completed"
    assert life.record["AutoMLJobSecondaryStatus"] == "MaxAutoMLJobRuntimeReached"
    assert not life.running()


def test_a_stop_of_its_reports_is_no_failure(ctx: Context) -> None:
    life = trained(ctx)
    life.settle()
    life.record |= {"_StopRequestedAt": life.now, "AutoMLJobStatus": "Stopping"}
    life.settle()
    for name in life.running("-explainability-") + life.running("-model-quality-"):
        life.end(name, "Stopped", FailureReason="Stopping the processing job")
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Stopped"
    assert "PartialFailureReasons" not in life.record


def test_candidates_that_all_train_too_long_fail_it(ctx: Context) -> None:
    life = Life(made(ctx, **limited(MaxCandidates=2, MaxRuntimePerTrainingJobInSeconds=9))).analysed()
    for name in life.running("-t"):
        assert life.jobs[name]["StoppingCondition"] == {"MaxRuntimeInSeconds": 9}
        life.end(name, "Stopped", SecondaryStatus="MaxRuntimeExceeded")
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Failed"
    assert life.record["FailureReason"] == (
        "No candidate was trained within MaxRuntimePerTrainingJobInSeconds (9); give them more time."
    )
    assert candidates_of(life.record)[0]["FailureReason"] == "It trained longer than 9 s."


def test_when_its_time_is_over_before_a_candidate_it_fails(ctx: Context) -> None:
    life = Life(made(ctx, **limited(MaxAutoMLJobRuntimeInSeconds=60)))
    life.settle()
    life.now += 60
    life.settle()
    life.end(life.running()[0], "Stopped")
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Failed"
    assert "within MaxAutoMLJobRuntimeInSeconds (60); give it more time" in life.record["FailureReason"]


def test_a_report_that_fails_leaves_the_candidates(ctx: Context) -> None:
    life = trained(ctx)
    life.settle()
    life.end(life.running("-explainability-")[0], "Failed", FailureReason="why")
    life.end(life.running("-model-quality-")[0])
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Completed"
    assert life.record["AutoMLJobSecondaryStatus"] == "ExplainabilityError"
    assert "failed: why" in life.record["PartialFailureReasons"][0]["PartialFailureMessage"]
    locations = life.described()["BestCandidate"]["CandidateProperties"]["CandidateArtifactLocations"]
    assert list(locations) == ["ModelInsights"]


def test_the_best_is_deployed(ctx: Context) -> None:
    life = trained(ctx, ModelDeployConfig={"EndpointName": "flowers"})
    reported(life)

    assert life.record["AutoMLJobSecondaryStatus"] == "DeployingModel"
    assert [name.rpartition("-")[0] for name in life.written] == ["Digits-model", "Digits-config"]
    life.end("flowers", "InService")
    life.settle()
    assert life.record["AutoMLJobSecondaryStatus"] == "Completed"
    assert life.record["ModelDeployResult"] == {"EndpointName": "flowers"}


def test_an_endpoint_that_fails_is_told(ctx: Context) -> None:
    life = trained(ctx, ModelDeployConfig={"AutoGenerateEndpointName": True})
    reported(life)
    [endpoint] = life.running("-endpoint-")
    life.end(endpoint, "Failed", FailureReason="no ping")
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Completed"
    assert life.record["AutoMLJobSecondaryStatus"] == "ModelDeploymentError"
    assert life.record["PartialFailureReasons"] == [{"PartialFailureMessage": f"{endpoint} failed: no ping"}]
    assert "ModelDeployResult" not in life.record


def test_an_endpoint_that_is_refused_is_told(ctx: Context) -> None:
    life = trained(ctx, ModelDeployConfig={"EndpointName": "flowers"})
    reports = life.running("-explainability-") + life.running("-model-quality-")
    for name in reports:
        life.end(name)
    life.refused = {"flowers": "There is an endpoint flowers."}
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Completed"
    assert life.record["AutoMLJobSecondaryStatus"] == "ModelDeploymentError"
    assert life.record["PartialFailureReasons"] == [
        {"PartialFailureMessage": "There is an endpoint flowers."}
    ]


def test_a_job_that_is_refused_fails_it(ctx: Context) -> None:
    life = Life(made(ctx), refused={"Digits-pr-1": "No image here."})
    life.settle()

    assert life.record["AutoMLJobStatus"] == "Failed"
    assert life.record["FailureReason"] == "No image here."


def searched(ctx: Context, **changes: Any) -> tuple[Life, str]:
    """An Autopilot job whose pipelines are applied, and its tuning job."""
    life = Life(made(ctx, **changes), SEARCH).analysed()
    for name in life.running("-dpp"):
        life.end(name, ModelArtifacts={"S3ModelArtifacts": f"s3://bucket/{name}/model.tar.gz"})
    life.settle()
    for name in life.running("-rpb-"):
        life.end(name)
    life.settle()
    [tuner] = life.running("-tuning-")
    return life, tuner


def trial(life: Life, tuner: str, number: int, definition: str = "xgboost-dpp0") -> str:
    """The tuning job makes a training job."""
    name = f"{tuner}-{number:03}-abcdef01"
    life.jobs[name] = {"TrainingJobName": name, "TrainingJobStatus": "InProgress"}
    booked = {"TrainingJobName": name, "TrainingJobDefinitionName": definition, "CreationTime": life.now}
    life.jobs[tuner]["_Trials"] = [*life.jobs[tuner]["_Trials"], booked]
    life.settle()
    return name


def test_a_search_fits_and_applies_its_pipelines_then_makes_one_tuning_job(ctx: Context) -> None:
    life, tuner = searched(ctx, **limited(MaxCandidates=7))

    request = life.jobs[tuner]
    assert len(tuner) <= 32
    assert request["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 7
    definition = request["TrainingJobDefinitions"][1]
    assert definition["TuningObjective"] == {"Type": "Minimize", "MetricName": "validation:mse"}
    channels = {
        each["ChannelName"]: each["DataSource"]["S3DataSource"]["S3Uri"]
        for each in definition["InputDataConfig"]
    }
    assert channels["train"] == "s3://bucket/out/Digits/transformed-data/dpp1/train"
    assert channels["pipeline"].startswith("s3://bucket/Digits-dpp1-")
    assert life.statuses == ["AnalyzingData", "FeatureEngineering", "ModelTuning"]


def test_the_tuning_jobs_training_jobs_are_the_candidates(ctx: Context) -> None:
    life, tuner = searched(ctx)
    first, second = trial(life, tuner, 1), trial(life, tuner, 2, "xgboost-dpp1")
    life.train(first, 3.0, logged="validation:mse")
    life.train(second, 2.0, logged="validation:mse")
    life.end(tuner)
    reported(life)

    assert life.record["AutoMLJobStatus"] == "Completed"
    best = life.described()["BestCandidate"]
    assert best["CandidateName"] == second
    assert [step["CandidateStepName"].partition("-")[2][:4] for step in best["CandidateSteps"]] == [
        "pr-1",
        "dpp1",
        "dpp1",
        "tuni",
    ]


def test_a_pipeline_that_fails_is_left_out(ctx: Context) -> None:
    life = Life(made(ctx), SEARCH).analysed()
    first, second = life.running("-dpp")
    life.end(first, "Failed", FailureReason="why")
    life.end(second, ModelArtifacts={"S3ModelArtifacts": "s3://bucket/model.tar.gz"})
    life.settle()
    life.end(life.running("-rpb-")[0])
    life.settle()

    [tuner] = life.running("-tuning-")
    assert [each["DefinitionName"] for each in life.jobs[tuner]["TrainingJobDefinitions"]] == ["xgboost-dpp1"]
    assert life.record["PartialFailureReasons"] == [{"PartialFailureMessage": f"{first} failed: why"}]


def test_a_pipeline_without_an_archive_has_failed(ctx: Context) -> None:
    life = Life(made(ctx), SEARCH).analysed()
    for name in life.running("-dpp"):
        life.end(name)
    life.settle()

    assert "has left no archive" in life.record["FailureReason"]


def test_all_pipelines_failing_stop_it_with_the_first_reason(ctx: Context) -> None:
    life = Life(made(ctx), SEARCH).analysed()
    first, second = life.running("-dpp")
    life.end(first, "Failed", FailureReason="why")
    life.end(second, "Failed", FailureReason="another")
    life.settle()

    assert life.record["FailureReason"] == f"All pipelines failed. The first, {first}: why"


def test_a_search_that_is_stopped_stops_the_tuning_job_alone(ctx: Context) -> None:
    life, tuner = searched(ctx)
    first = trial(life, tuner, 1)
    life.record |= {"_StopRequestedAt": life.now, "AutoMLJobStatus": "Stopping"}
    life.settle()

    assert life.stopped == [tuner]
    life.end(tuner, "Stopped")
    assert not life.settle().finished
    life.end(first, "Stopped")
    assert life.settle().finished


def test_a_tuning_job_that_fails_gives_its_reason(ctx: Context) -> None:
    life, tuner = searched(ctx)
    life.end(tuner, "Failed", FailureReason="No training job logged it.")
    life.settle()

    assert life.record["FailureReason"] == f"{tuner}: No training job logged it."
