from __future__ import annotations

import json
from typing import Any

from clary.domain.hosts import (
    AgentCredentials,
    Endpoint,
    EnvironmentSpec,
    HostSpec,
    OutputSpec,
    ProcessingSpec,
)
from clary.kinds.cluster import HostStart
from clary.kinds.hosts import Share
from clary.kinds.processing_job.cluster import host_specs, hosts, instances

ARN = "arn:aws:sagemaker:us-east-1:111122223333:processing-job/split"


def data(name: str, **source: Any) -> dict[str, Any]:
    s3 = {
        "S3Uri": f"s3://bucket/{name}",
        "LocalPath": f"/opt/ml/processing/{name}",
        "S3DataType": "S3Prefix",
        **source,
    }
    return {"InputName": name, "S3Input": s3}


def output(name: str, mode: str = "EndOfJob", **members: Any) -> dict[str, Any]:
    s3 = {"S3Uri": f"s3://bucket/{name}", "LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": mode}
    return {"OutputName": name, "S3Output": s3, **members}


def job(**members: Any) -> dict[str, Any]:
    return {
        "ProcessingJobName": "Split",
        "ProcessingJobArn": ARN,
        "CreationTime": 1_790_000_000.0,
        "RoleArn": "arn:aws:iam::111122223333:role/Worker",
        "AppSpecification": {
            "ImageUri": "python:3.11",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/x.py"],
            "ContainerArguments": ["--share", "0.2"],
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **members,
    }


def specs(record: dict[str, Any]) -> dict[str, HostSpec]:
    starts = {
        host.name: HostStart(
            Share(2, 2**30, 0),
            EnvironmentSpec("python", "/environments/python"),
            "",
            AgentCredentials("a", "b", host.name),
            f"Split/{host.name}-1",
        )
        for host in hosts(record)
    }
    endpoint = Endpoint("http://127.0.0.1:1", "us-east-1", "111122223333")
    return host_specs(record, starts, endpoint=endpoint, records={})


def workload(spec: HostSpec) -> ProcessingSpec:
    assert isinstance(spec.workload, ProcessingSpec)
    return spec.workload


def test_hosts_are_told_what_to_run_and_where_to_log() -> None:
    cluster = specs(job(Environment={"A": "1"}))

    spec = cluster["algo-2"]
    assert list(cluster) == ["algo-1", "algo-2"]
    assert workload(spec).entrypoint == ("python3", "/opt/ml/processing/code/x.py")
    assert workload(spec).arguments == ("--share", "0.2")
    assert spec.variables == {"A": "1"}
    assert spec.max_runtime_s == 60
    assert spec.log_group == "/aws/sagemaker/ProcessingJobs"
    assert len(set(spec.hosts.values())) == 2


def test_specs_survive_their_way_to_the_host() -> None:
    record = job(
        ProcessingInputs=[data("a", S3DataDistributionType="ShardedByS3Key")],
        ProcessingOutputConfig={"Outputs": [output("o", "Continuous")]},
    )

    spec = specs(record)["algo-1"]

    assert HostSpec.from_document(json.loads(spec.to_json()), ProcessingSpec) == spec


def test_inputs_and_outputs_become_what_the_host_stages_and_uploads() -> None:
    record = job(
        ProcessingInputs=[data("a", S3DataDistributionType="ShardedByS3Key"), data("b")],
        ProcessingOutputConfig={"Outputs": [output("o"), output("c", "Continuous")]},
    )

    cluster = specs(record)

    assert [channel.shard for channel in workload(cluster["algo-2"]).inputs] == [(1, 2), None]
    assert workload(cluster["algo-1"]).inputs[1].local_path == "/opt/ml/processing/b"
    assert workload(cluster["algo-1"]).outputs == (
        OutputSpec("o", "s3://bucket/o", "/opt/ml/processing/o"),
        OutputSpec("c", "s3://bucket/c", "/opt/ml/processing/c", continuous=True),
    )


def test_what_the_container_manages_itself_is_left_to_it() -> None:
    managed = {**data("a"), "AppManaged": True}
    record = job(
        ProcessingInputs=[managed], ProcessingOutputConfig={"Outputs": [output("o", AppManaged=True)]}
    )

    spec = specs(record)["algo-1"]

    assert (workload(spec).inputs, workload(spec).outputs) == ((), ())
    assert spec.config_files["processingjobconfig.json"]["ProcessingInputs"][0]["InputName"] == "a"


def test_the_configuration_files_say_what_awss_do() -> None:
    files = specs(job(ProcessingInputs=[data("a")]))["algo-2"].config_files

    assert files["resourceconfig.json"]["current_host"] == "algo-2"
    assert files["resourceconfig.json"]["hosts"] == ["algo-1", "algo-2"]
    config = files["processingjobconfig.json"]
    assert config["ProcessingJobArn"] == ARN
    assert config["ProcessingInputs"][0]["S3Input"]["S3InputMode"] == "File"
    assert config["ProcessingOutputConfig"] == {"Outputs": [], "KmsKeyId": None}
    assert config["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] is None


def test_the_selected_preference_is_what_runs() -> None:
    cluster = {
        "InstancePreferences": [{"InstanceType": "ml.c5.xlarge", "InstanceCount": 3}],
        "SelectedInstanceType": "ml.c5.xlarge",
        "SelectedInstanceCount": 3,
        "VolumeSizeInGB": 1,
    }

    assert instances(job(ProcessingResources={"ClusterConfig": cluster})) == ("ml.c5.xlarge", 3)
