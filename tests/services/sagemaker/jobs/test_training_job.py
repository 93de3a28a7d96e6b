from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import BadRequest, NotFound, PlatformError, ResourceInUse, ValidationError
from clary.services.context import Context
from clary.services.hosts import profiler_config
from clary.services.sagemaker.jobs.training_job import (
    create_training_job,
    delete_training_job,
    describe_training_job,
    list_training_jobs,
    stop_training_job,
    update_training_job,
)
from clary.services.sagemaker.tags import list_tags

REQUEST: dict[str, Any] = {
    "TrainingJobName": "Digits",
    "AlgorithmSpecification": {"TrainingImage": "pytorch-training:2.6", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::123456789012:role/Trainer",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/digits"


class OneImage:
    """A machine that knows PyTorch and no more than two hosts."""

    def repository_of(self, image_uri: str) -> str:
        return ""

    def isolates(self, image_uri: str) -> bool:
        return False

    def check_image(self, image_uri: str) -> None:
        if not image_uri.startswith("pytorch"):
            raise BadRequest(f"No image here is called {image_uri!r}. There are: pytorch-training.")

    def algorithm_metrics(self, image_uri: str) -> tuple[tuple[str, str], ...]:
        return (("train:rmse", "train-rmse:(.*)"), ("train:auc", "train-auc:(.*)"))

    def check_cluster(self, instance_type: str, instance_count: int) -> None:
        if instance_count > 2:
            raise BadRequest(f"{instance_count} hosts of {instance_type} are too many")


@pytest.fixture
def ctx(ctx: Context) -> Context:
    return replace(ctx, machines=OneImage())


def request(**members: Any) -> Any:
    return {**copy.deepcopy(REQUEST), **members}


def channel(name: str = "train", **source: Any) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/p", **source}},
    }


def end(ctx: Context, status: str = "Completed") -> None:
    ctx.records.update("training-job", "Digits", {"TrainingJobStatus": status}, status=status)


def test_a_created_job_is_described_as_it_was_asked_for(ctx: Context) -> None:
    answer = create_training_job(ctx, request(HyperParameters={"epochs": "3"}))

    described = describe_training_job(ctx, {"TrainingJobName": "Digits"})
    assert answer == {"TrainingJobArn": ARN}
    assert described["TrainingJobStatus"] == "InProgress"
    assert described["SecondaryStatus"] == "Starting"
    assert described["HyperParameters"] == {"epochs": "3"}
    assert described["ResourceConfig"] == REQUEST["ResourceConfig"]


def test_a_name_is_used_once_whatever_its_case(ctx: Context) -> None:
    create_training_job(ctx, request())

    with pytest.raises(ResourceInUse, match=ARN):
        create_training_job(ctx, request(TrainingJobName="digits"))


def test_tags_are_kept_beside_the_job(ctx: Context) -> None:
    create_training_job(ctx, request(Tags=[{"Key": "team", "Value": "vision"}]))

    assert list_tags(ctx, {"ResourceArn": ARN})["Tags"] == [{"Key": "team", "Value": "vision"}]
    assert "Tags" not in describe_training_job(ctx, {"TrainingJobName": "Digits"})


def test_a_missing_job_is_said_in_aws_s_words(ctx: Context) -> None:
    with pytest.raises(NotFound, match="Requested resource not found") as caught:
        describe_training_job(ctx, {"TrainingJobName": "nothing"})
    assert caught.value.code == "ValidationException"


def test_stop_is_seen_at_once_and_may_be_repeated(ctx: Context) -> None:
    create_training_job(ctx, request())

    stop_training_job(ctx, {"TrainingJobName": "Digits"})
    stop_training_job(ctx, {"TrainingJobName": "Digits"})

    assert describe_training_job(ctx, {"TrainingJobName": "Digits"})["TrainingJobStatus"] == "Stopping"


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_stop_on_a_finished_job_is_refused(ctx: Context, status: str) -> None:
    create_training_job(ctx, request())
    end(ctx, status)

    with pytest.raises(ValidationError, match=status):
        stop_training_job(ctx, {"TrainingJobName": "Digits"})


def test_only_a_finished_job_is_deleted_and_its_tags_with_it(ctx: Context) -> None:
    create_training_job(ctx, request(Tags=[{"Key": "team", "Value": "vision"}]))
    with pytest.raises(ResourceInUse):
        delete_training_job(ctx, {"TrainingJobName": "Digits"})
    end(ctx)

    delete_training_job(ctx, {"TrainingJobName": "Digits"})

    assert ctx.records.find("training-job", "Digits") is None
    assert ctx.tags.get(ARN) == {}


def test_a_job_begins_without_the_metrics_of_a_deleted_one_of_its_name(ctx: Context) -> None:
    create_training_job(ctx, request())
    ctx.metrics.append(ARN, [("loss", 1.0, 0, 0.5)], sequence=("Digits/algo-1", 0))
    end(ctx)
    delete_training_job(ctx, {"TrainingJobName": "Digits"})
    kept = len(ctx.metrics.summaries(ARN))

    create_training_job(ctx, request())

    assert (kept, ctx.metrics.summaries(ARN)) == (1, [])
    assert ctx.metrics.append(ARN, [("loss", 2.0, 0, 0.25)], sequence=("Digits/algo-1", 0)) == 1


def test_an_update_adds_rules_and_keeps_the_rest(ctx: Context) -> None:
    image = "sagemaker-debugger-rules:latest"
    first = {"RuleConfigurationName": "a", "RuleEvaluatorImage": image}
    create_training_job(ctx, request(ProfilerRuleConfigurations=[first]))

    update_training_job(
        ctx,
        {
            "TrainingJobName": "Digits",
            "ProfilerRuleConfigurations": [{"RuleConfigurationName": "b", "RuleEvaluatorImage": image}],
        },
    )

    described = describe_training_job(ctx, {"TrainingJobName": "Digits"})
    assert [rule["RuleConfigurationName"] for rule in described["ProfilerRuleConfigurations"]] == ["a", "b"]


def test_an_update_of_the_profiler_keeps_what_it_does_not_name(ctx: Context) -> None:
    create_training_job(ctx, request(ProfilerConfig={"S3OutputPath": "s3://bucket/profiles"}))

    update_training_job(
        ctx, {"TrainingJobName": "Digits", "ProfilerConfig": {"ProfilingIntervalInMilliseconds": 100}}
    )

    told = profiler_config(ctx, {"Host": "Digits/algo-1"})["ProfilerConfig"]
    assert told == {"S3OutputPath": "s3://bucket/profiles", "ProfilingIntervalInMilliseconds": 100}


def test_lists_filter_and_sort(ctx: Context) -> None:
    for name in ("alpha", "beta", "alpine"):
        create_training_job(ctx, request(TrainingJobName=name))
    ctx.records.update("training-job", "alpine", {"TrainingJobStatus": "Failed"}, status="Failed")

    def names(**asked: Any) -> list[str]:
        return [job["TrainingJobName"] for job in list_training_jobs(ctx, asked)["TrainingJobSummaries"]]  # type: ignore[arg-type]

    assert names(SortBy="Name", SortOrder="Ascending") == ["alpha", "alpine", "beta"]
    assert names(NameContains="alp", SortBy="Name", SortOrder="Descending") == ["alpine", "alpha"]
    assert names(StatusEquals="Failed") == ["alpine"]
    assert names(WarmPoolStatusEquals="Available") == []


def test_a_foreign_token_is_refused(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="NextToken"):
        list_training_jobs(ctx, {"NextToken": "abc"})


GROUP = {"InstanceGroupName": "g", "InstanceType": "ml.m5.large", "InstanceCount": 1}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "TrainingImage is required"),
        ({"AlgorithmSpecification": {"AlgorithmName": "x", "TrainingInputMode": "File"}}, "Marketplace"),
        (
            {"AlgorithmSpecification": {"TrainingImage": "caffe:1", "TrainingInputMode": "File"}},
            "There are: pytorch-training",
        ),
        ({"ResourceConfig": {"VolumeSizeInGB": 1}}, "needs InstanceType and InstanceCount"),
        ({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 0}}, "at least 1 host"),
        ({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 3}}, "too many"),
        ({"ResourceConfig": {"InstanceGroups": [GROUP, GROUP]}}, "may be used once"),
        ({"ResourceConfig": {"InstanceGroups": [GROUP], "InstanceCount": 1}}, "the one or the other"),
        ({"InputDataConfig": [channel(), channel()]}, "two channels named train"),
        ({"InputDataConfig": [channel(S3Uri="https://b/p")]}, "s3://"),
        ({"InputDataConfig": [channel(S3DataType="AugmentedManifestFile")]}, "S3Prefix or ManifestFile"),
        (
            {"InputDataConfig": [{"ChannelName": "c", "DataSource": {"FileSystemDataSource": {}}}]},
            "only S3DataSource",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 30}},
            "MaxWaitTimeInSeconds",
        ),
        ({"EnableNetworkIsolation": True}, "EnableNetworkIsolation"),
        ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "reserved"),
    ],
)
def test_what_can_t_be_run_is_refused_by_name_and_leaves_nothing(
    ctx: Context, members: dict[str, Any], said: str
) -> None:
    with pytest.raises(PlatformError, match=said) as caught:
        create_training_job(ctx, request(**members))
    assert caught.value.http_status == 400
    assert ctx.records.names("training-job") == []


def with_metrics(*expressions: str) -> Any:
    definitions = [{"Name": f"m{index}", "Regex": text} for index, text in enumerate(expressions)]
    algorithm = {**REQUEST["AlgorithmSpecification"], "MetricDefinitions": definitions}
    return request(AlgorithmSpecification=algorithm)


@pytest.mark.parametrize("expression", ["(", "[a", "*", "(?P<a>.)(?P<a>.)", "(?<=a+)b", "a{99999999999999}"])
def test_a_metric_expression_that_does_not_compile_is_refused_by_its_place(
    ctx: Context, expression: str
) -> None:
    with pytest.raises(ValidationError, match=r"AlgorithmSpecification\.MetricDefinitions\[1\]\.Regex"):
        create_training_job(ctx, with_metrics("loss=(.*)", expression))

    assert ctx.records.find("training-job", "Digits") is None


def test_expressions_that_take_long_to_compile_are_refused(ctx: Context) -> None:
    wide = "(?i)" + "[\x00-\U0010ffff]" * 30
    expressions = [wide + str(number) for number in range(40)]

    with pytest.raises(ValidationError, match="too long to compile"):
        create_training_job(ctx, with_metrics(*expressions))


def test_an_expression_may_be_slow_to_match_which_is_the_jobs_matter(ctx: Context) -> None:
    create_training_job(ctx, with_metrics("(a+)+b", ".*val_acc=(.*?);.*"))


SPOT, RETRY = {"EnableManagedSpotTraining": True}, {"RetryStrategy": {"MaximumRetryAttempts": 2}}


@pytest.mark.parametrize(
    ("members", "wait", "says"),
    [
        ({}, None, ""),
        ({}, 60, "only supported when EnableManagedSpotTraining is true"),
        ({"EnableManagedSpotTraining": False}, 600, "only supported when EnableManagedSpotTraining is true"),
        (SPOT, 60, ""),
        (SPOT, 59, "greater than or equal to MaxRuntimeInSeconds"),
        (SPOT, None, "must be present"),
        (RETRY, 60, ""),
        (RETRY, 59, "greater than or equal to MaxRuntimeInSeconds"),
        (RETRY, None, ""),
    ],
)
def test_a_longest_wait_is_for_spot_instances_and_retries(
    ctx: Context, members: dict[str, Any], wait: int | None, says: str
) -> None:
    stopping = {"MaxRuntimeInSeconds": 60} | ({} if wait is None else {"MaxWaitTimeInSeconds": wait})
    wanted = request(**members, StoppingCondition=stopping)

    if not says:
        create_training_job(ctx, wanted)
        return
    with pytest.raises(ValidationError, match=f"Invalid MaxWaitTimeInSeconds.*{says}"):
        create_training_job(ctx, wanted)


def test_jobs_are_listed_in_the_order_they_were_made_unless_another_is_asked_for(
    ctx: Context, clock: Clock
) -> None:
    for name in ("b", "a", "c"):
        create_training_job(ctx, request(TrainingJobName=name))
        clock.now += 1

    def listed(**more: str) -> list[str]:
        found = list_training_jobs(ctx, dict(more))["TrainingJobSummaries"]
        return [summary["TrainingJobName"] for summary in found]

    assert listed() == ["b", "a", "c"]
    assert listed(SortOrder="Descending") == ["c", "a", "b"]
    assert listed(SortBy="Name") == ["a", "b", "c"]


def definitions(ctx: Context, wishes: Any) -> dict[str, str]:
    create_training_job(ctx, wishes)
    algorithm = describe_training_job(ctx, {"TrainingJobName": "Digits"})["AlgorithmSpecification"]
    return {one["Name"]: one["Regex"] for one in algorithm.get("MetricDefinitions", [])}


def test_a_built_in_algorithm_brings_its_metrics(ctx: Context) -> None:
    assert definitions(ctx, request()) == {"train:rmse": "train-rmse:(.*)", "train:auc": "train-auc:(.*)"}


def test_the_callers_own_metrics_come_before_those_of_the_algorithm(ctx: Context) -> None:
    own = [{"Name": "train:rmse", "Regex": "mine=(.*)"}]
    algorithm = {**REQUEST["AlgorithmSpecification"], "MetricDefinitions": own}

    found = definitions(ctx, request(AlgorithmSpecification=algorithm))

    assert found == {"train:rmse": "mine=(.*)", "train:auc": "train-auc:(.*)"}


@pytest.mark.parametrize(
    "members",
    [
        {"HyperParameters": {"sagemaker_program": '"t.py"'}},
        {
            "AlgorithmSpecification": {
                **REQUEST["AlgorithmSpecification"],
                "ContainerEntrypoint": ["python", "t.py"],
            }
        },
    ],
)
def test_a_job_with_code_of_its_own_gets_no_metrics_of_the_algorithm(
    ctx: Context, members: dict[str, Any]
) -> None:
    assert definitions(ctx, request(**members)) == {}


def test_a_job_without_an_algorithm_is_refused(ctx: Context) -> None:
    """AWS's model requires none, for jobs without instances."""
    wanted = {name: value for name, value in request().items() if name != "AlgorithmSpecification"}

    with pytest.raises(ValidationError, match="AlgorithmSpecification"):
        create_training_job(ctx, wanted)  # type: ignore[arg-type]
