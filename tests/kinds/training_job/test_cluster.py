from __future__ import annotations

import json
from typing import Any

import pytest

from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostSpec, TrainingSpec
from clary.kinds.cluster import HostStart
from clary.kinds.hosts import Share, loopback_address
from clary.kinds.training_job.cluster import host_specs, hosts

ARN = "arn:aws:sagemaker:us-east-1:111122223333:training-job/digits"


def job(**members: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "digits",
        "TrainingJobArn": ARN,
        "RoleArn": "arn:aws:iam::111122223333:role/Trainer",
        "CreationTime": 1.0,
        "AlgorithmSpecification": {"TrainingImage": "pytorch-training:2.6", "TrainingInputMode": "File"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        **members,
    }


def channel(name: str, **source: Any) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://bucket/{name}", **source}},
    }


def specs(record: dict[str, Any]) -> dict[str, HostSpec]:
    starts = {
        host.name: HostStart(
            Share(2, 2**30, 0),
            EnvironmentSpec("pytorch", "/environments/pytorch"),
            "",
            AgentCredentials("a", "b", host.name),
            f"digits/{host.name}-1",
        )
        for host in hosts(record)
    }
    endpoint = Endpoint("http://127.0.0.1:1", "us-east-1", "111122223333")
    return host_specs(record, starts, endpoint=endpoint, records={})


def workload(spec: HostSpec) -> TrainingSpec:
    assert isinstance(spec.workload, TrainingSpec)
    return spec.workload


GROUPS = {
    "InstanceGroups": [
        {"InstanceGroupName": "feed", "InstanceType": "ml.c5.large", "InstanceCount": 1},
        {"InstanceGroupName": "learn", "InstanceType": "ml.m5.large", "InstanceCount": 2},
    ],
    "VolumeSizeInGB": 1,
}


def test_hosts_are_named_and_addressed_one_by_one() -> None:
    cluster = specs(job())

    assert list(cluster) == ["algo-1", "algo-2"]
    assert cluster["algo-1"].hosts == cluster["algo-2"].hosts
    assert len(set(cluster["algo-1"].hosts.values())) == 2
    assert all(address.startswith("127.") for address in cluster["algo-1"].hosts.values())


def test_an_address_is_the_same_each_time_and_another_for_each_job() -> None:
    assert loopback_address(ARN, 1.5, "algo-1") == loopback_address(ARN, 1.5, "algo-1")
    assert loopback_address(ARN, 1.5, "algo-1") != loopback_address(ARN + "-2", 1.5, "algo-1")
    assert loopback_address(ARN, 1.5, "algo-1") != loopback_address(ARN, 1.500001, "algo-1"), (
        "a job of the same name in another state folder"
    )


def test_groups_make_one_cluster() -> None:
    cluster = specs(job(ResourceConfig=GROUPS))

    configs = [spec.config_files["resourceconfig.json"] for spec in cluster.values()]
    assert [(each["current_group_name"], each["current_instance_type"]) for each in configs] == [
        ("feed", "ml.c5.large"),
        ("learn", "ml.m5.large"),
        ("learn", "ml.m5.large"),
    ]
    assert [spec.instance_type for spec in cluster.values()] == ["ml.c5.large", "ml.m5.large", "ml.m5.large"]
    assert configs[0]["instance_groups"][1]["hosts"] == ["algo-2", "algo-3"]


def test_sharded_channels_say_which_share() -> None:
    record = job(InputDataConfig=[channel("train", S3DataDistributionType="ShardedByS3Key"), channel("test")])

    cluster = specs(record)

    assert [c.shard for c in workload(cluster["algo-2"]).channels] == [(1, 2), None]


def test_a_channel_of_a_group_reaches_only_that_group() -> None:
    record = job(
        ResourceConfig=GROUPS,
        InputDataConfig=[
            channel("train", InstanceGroupNames=["learn"], S3DataDistributionType="ShardedByS3Key")
        ],
    )

    cluster = specs(record)

    assert workload(cluster["algo-1"]).channels == ()
    assert workload(cluster["algo-2"]).channels[0].shard == (0, 2)
    assert workload(cluster["algo-3"]).channels[0].shard == (1, 2)


def test_only_the_first_host_s_artifacts_stand_where_clients_look() -> None:
    cluster = specs(job())

    assert workload(cluster["algo-1"]).model_uri == "s3://bucket/out/digits/output/model.tar.gz"
    assert workload(cluster["algo-2"]).model_uri == "s3://bucket/out/digits/output/algo-2/model.tar.gz"


def test_a_spec_survives_its_json() -> None:
    record = job(
        InputDataConfig=[channel("train", S3DataDistributionType="ShardedByS3Key")],
        CheckpointConfig={"S3Uri": "s3://bucket/checkpoints"},
    )

    for spec in specs(record).values():
        assert HostSpec.from_document(json.loads(spec.to_json()), TrainingSpec) == spec


def test_a_profile_goes_beside_the_output_where_nothing_else_is_said() -> None:
    given = {"S3OutputPath": "s3://profiles/p", "ProfilingIntervalInMilliseconds": 1000}
    elsewhere = specs(job(ProfilerConfig=given))["algo-1"]
    beside = specs(job(ProfilerConfig={"DisableProfiler": False}))["algo-1"]

    assert elsewhere.config_files["profilerconfig.json"] == given
    assert beside.config_files["profilerconfig.json"]["S3OutputPath"] == "s3://bucket/out"
    assert "profilerconfig.json" not in specs(job())["algo-1"].config_files


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ({}, False),
        ({"DebugHookConfig": {"S3OutputPath": "s3://b"}}, True),
        ({"ProfilerRuleConfigurations": [{"RuleConfigurationName": "Report"}]}, True),
        ({"ProfilerConfig": {"ProfilingParameters": {"DetailedProfilingConfig": "{}"}}}, True),
    ],
)
def test_step_times_are_taken_where_something_asks_for_them(asked: dict[str, Any], taken: bool) -> None:
    record = job(**{"ProfilerConfig": {"S3OutputPath": "s3://b"}, **asked})

    assert workload(specs(record)["algo-1"]).step_times is taken


def test_a_host_has_the_disk_of_its_volume_or_a_usual_one() -> None:
    asked = {"InstanceType": "ml.m5.large", "InstanceCount": 1}

    assert specs(job(ResourceConfig={**asked, "VolumeSizeInGB": 7}))["algo-1"].disk_bytes == 7 << 30
    assert specs(job(ResourceConfig=asked))["algo-1"].disk_bytes == 30 << 30


def test_a_later_attempt_gets_what_is_left_of_the_runtime_of_all() -> None:
    record = job(StoppingCondition={"MaxRuntimeInSeconds": 100}, _RunSeconds=30.0)

    assert {spec.max_runtime_s for spec in specs(record).values()} == {70.0}


@pytest.mark.parametrize("spot", [True, False])
def test_a_host_knows_whether_a_stop_may_be_an_interruption(spot: bool) -> None:
    found = specs(job(EnableManagedSpotTraining=spot))

    assert {workload(spec).spot for spec in found.values()} == {spot}
