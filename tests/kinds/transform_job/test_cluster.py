"""What each host of a transform job is told."""

from __future__ import annotations

import json
from typing import Any

from clary.domain.hosts import (
    AgentCredentials,
    Endpoint,
    EnvironmentSpec,
    HostSpec,
    ModelSource,
    ServingSpec,
    TransformSpec,
)
from clary.kinds.cluster import HostStart
from clary.kinds.hosts import Share
from clary.kinds.transform_job.cluster import host_specs, hosts, image

ARN = "arn:aws:sagemaker:us-east-1:111122223333:transform-job/score"
FIRST = {"Image": "sagemaker-scikit-learn:1.2-1", "ModelDataUrl": "s3://bucket/scale.tar.gz"}
SECOND = {
    "Image": "sagemaker-xgboost:1.7-1",
    "ModelDataUrl": "s3://bucket/model.tar.gz",
    "Environment": {"A": "1"},
}


def job(**members: Any) -> dict[str, Any]:
    return {
        "TransformJobName": "Score",
        "TransformJobArn": ARN,
        "CreationTime": 1_790_000_000.0,
        "RoleArn": "arn:aws:iam::111122223333:role/Worker",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in/"}}
        },
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
        "_Containers": [FIRST],
        **members,
    }


def specs(record: dict[str, Any], address: str = "") -> dict[str, HostSpec]:
    starts = {
        host.name: HostStart(
            Share(2, 2**30, 0),
            EnvironmentSpec("sklearn", "/environments/sklearn"),
            "",
            AgentCredentials("a", "b", host.name),
            address=address,
        )
        for host in hosts(record)
    }
    return host_specs(record, starts, endpoint=Endpoint("http://here", "r", "1"), records={})


def test_what_a_request_leaves_out_stays_open() -> None:
    told = specs(job())

    assert list(told) == ["algo-1", "algo-2"]
    workload = told["algo-2"].workload
    assert isinstance(workload, TransformSpec)
    assert workload.serving == ServingSpec(models=(ModelSource("s3://bucket/scale.tar.gz"),))
    assert workload.input.shard == (1, 2)
    assert (workload.one_record, workload.payload_bytes, workload.concurrency) == (None, None, None)
    assert (workload.split, workload.line_ends, workload.input_filter) == ("None", False, "$")


def test_everything_that_a_request_says_is_told() -> None:
    record = job(
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        MaxPayloadInMB=0,
        MaxConcurrentTransforms=4,
        BatchStrategy="SingleRecord",
        Environment={"A": "2", "B": "3"},
        ModelClientConfig={"InvocationsTimeoutInSeconds": 9, "InvocationsMaxRetries": 0},
        DataProcessing={"InputFilter": "$[1:]", "OutputFilter": "$[0]", "JoinSource": "Input"},
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://bucket/m.json"}},
            "ContentType": "text/csv",
            "CompressionType": "Gzip",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": "s3://bucket/out", "AssembleWith": "Line", "Accept": "text/csv"},
        _Containers=[SECOND],
    )

    told = specs(record)["algo-1"]
    workload = told.workload

    assert isinstance(workload, TransformSpec)
    assert told.variables == {"A": "2", "B": "3"}
    assert (workload.input.data_type, workload.input.shard) == ("ManifestFile", None)
    assert (workload.one_record, workload.payload_bytes, workload.concurrency) == (True, 0, 4)
    assert (workload.timeout_s, workload.retries) == (9.0, 0)
    assert (workload.content_type, workload.accept, workload.compression) == ("text/csv", "text/csv", "Gzip")
    assert (workload.input_filter, workload.output_filter, workload.joins_input) == ("$[1:]", "$[0]", True)
    assert (workload.split, workload.line_ends) == ("Line", True)


def test_further_containers_of_a_pipeline_are_hosts_that_serve() -> None:
    record = job(_Containers=[FIRST, SECOND])

    told = specs(record)

    assert list(told) == ["algo-1", "algo-1.container-2", "algo-2", "algo-2.container-2"]
    assert image(record, "algo-1") == FIRST["Image"]
    assert image(record, "algo-2.container-2") == SECOND["Image"]
    assert told["algo-2.container-2"].workload == ServingSpec(
        models=(ModelSource("s3://bucket/model.tar.gz"),), may_move=False
    )
    sender = told["algo-2"].workload
    assert isinstance(sender, TransformSpec)
    assert sender.further == ("algo-2.container-2",)
    assert told["algo-2"].hosts.keys() == told.keys()


def test_on_nodes_further_containers_listen_there_and_report_where() -> None:
    record = job(_Containers=[FIRST, SECOND])

    told = specs(record, address="10.0.0.2")

    assert told["algo-1"].hosts["algo-1"].startswith("127.")
    assert told["algo-1.container-2"].hosts["algo-1.container-2"] == "10.0.0.2"
    assert not told["algo-1.container-2"].across_machines
    serving, sender = told["algo-1.container-2"].workload, told["algo-1"].workload
    assert isinstance(serving, ServingSpec)
    assert isinstance(sender, TransformSpec)
    assert (serving.may_move, sender.asks_where) == (True, True)


def test_a_spec_survives_json() -> None:
    for spec in specs(job(_Containers=[FIRST, SECOND])).values():
        assert HostSpec.from_document(json.loads(spec.to_json()), type(spec.workload)) == spec
