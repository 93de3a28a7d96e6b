from __future__ import annotations

import math
from typing import Any

import pytest
from tests.kinds.endpoint.made import ROLE, endpoint, generation, variant

from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, HostSpec, ModelSource, ServingSpec
from clary.kinds.cluster import HostStart
from clary.kinds.endpoint.cluster import host_specs, hosts, image, role, streams
from clary.kinds.endpoint.generations import address, find_instance
from clary.kinds.hosts import Share

START = HostStart(
    Share(2, 1 << 30, 0),
    EnvironmentSpec("pytorch-inference", "/environments/pytorch"),
    "",
    AgentCredentials("key", "secret", "token"),
    "AllTraffic/i-1",
    7,
)


def spec(record: dict[str, Any], host: str) -> HostSpec:
    server = Endpoint("http://127.0.0.1:1", "us-east-1", "111122223333")
    return host_specs(record, {host: START}, endpoint=server, records={})[host]


def with_container(**members: Any) -> dict[str, Any]:
    return endpoint(generation(1, "serving", variant(Containers=[{"Image": "a", **members}])))


def workload(record: dict[str, Any]) -> ServingSpec:
    found = spec(record, "g1-v1-i1-c1").workload
    assert isinstance(found, ServingSpec)
    return found


def test_a_host_stays_and_runs_its_container_with_the_role_of_its_model() -> None:
    container = {"Image": "a", "Environment": {"SAGEMAKER_PROGRAM": "inference.py"}}
    record = endpoint(generation(1, "serving", variant(Containers=[container], VolumeSizeInGB=5)))

    found = spec(record, "g1-v1-i1-c1")

    assert found.max_runtime_s == math.inf
    assert (found.role_arn, role(record, "g1-v1-i1-c1")) == (ROLE, ROLE)
    assert found.variables == {"SAGEMAKER_PROGRAM": "inference.py"}
    assert found.hosts == {"g1-v1-i1-c1": address(record, "g1-v1-i1-c1")}
    assert (found.cpus, found.memory_bytes, found.disk_bytes) == (2, 1 << 30, 5 << 30)
    assert (found.log_group, found.log_stream, found.log_position) == (
        "/aws/sagemaker/Endpoints/digits",
        "AllTraffic/i-1",
        7,
    )


def test_a_model_is_an_archive_by_default() -> None:
    assert workload(with_container(ModelDataUrl="s3://bucket/model.tar.gz")).models == (
        ModelSource("s3://bucket/model.tar.gz"),
    )


def test_a_model_that_is_not_compressed_and_additional_ones_have_their_places() -> None:
    def source(uri: str, data_type: str = "S3Prefix") -> dict[str, Any]:
        return {"S3DataSource": {"S3Uri": uri, "S3DataType": data_type, "CompressionType": "None"}}

    record = with_container(
        ModelDataSource=source("s3://bucket/model/"),
        AdditionalModelDataSources=[{"ChannelName": "adapter", **source("s3://bucket/adapter/")}],
    )

    assert workload(record).models == (
        ModelSource("s3://bucket/model/", "None"),
        ModelSource(
            "s3://bucket/adapter/", "None", local_path="/opt/ml/additional-model-data-sources/adapter"
        ),
    )


def test_a_container_may_have_no_model_or_many() -> None:
    assert workload(with_container()).models == ()
    many = workload(with_container(Mode="MultiModel", ModelDataUrl="s3://bucket/models/"))
    assert (many.mode, many.models) == ("MultiModel", (ModelSource("s3://bucket/models/"),))


def test_hosts_that_end_are_not_named_and_still_know_where_they_log() -> None:
    record = endpoint(generation(1, "ending", variant(InstanceCount=2)), generation(2))

    assert [host.name for host in hosts(record)] == ["g2-v1-i1-c1"]
    assert streams(record, "digits", "g1-v1-i2-c1") != streams(record, "digits", "g1-v1-i1-c1")


def test_streams_are_named_as_those_of_aws() -> None:
    both = variant("Both", Containers=[{"Image": "a"}, {"Image": "b", "ContainerHostname": "second"}])
    record = endpoint(generation(1, "serving", variant(), both))
    instance = find_instance(record, "g1-v2-i1-c1")[0].instance_id(record)

    [stream] = streams(record, "digits", "g1-v1-i1-c1")
    assert stream.startswith("AllTraffic/i-")
    assert len(stream) == len("AllTraffic/i-") + 17
    assert streams(record, "digits", "g1-v2-i1-c1") == (f"Both/{instance}/container-1",)
    assert streams(record, "digits", "g1-v2-i1-c2") == (f"Both/{instance}/second",)
    assert image(record, "g1-v2-i1-c2") == "b"


@pytest.mark.parametrize("host", ["algo-1", "g9-v1-i1-c1", "g1-v2-i1-c1", "g1-v1-i1-c2"])
def test_a_host_that_the_endpoint_does_not_have_is_not_found(host: str) -> None:
    with pytest.raises(KeyError):
        find_instance(endpoint(), host)
