"""What follows in the lineage from models, packages and endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clary.kinds.endpoint.lineage import follow_lineage
from clary.kinds.serving_lineage import (
    follow_endpoint,
    follow_group,
    follow_model,
    follow_package,
    forget_model,
)
from clary.store.database import Database
from clary.store.lineage import Lineage
from clary.store.links import LinkKind, Links
from clary.store.records import Records

HERE = "arn:aws:sagemaker:us-east-1:123456789012"
MODEL, ENDPOINT, PACKAGE = f"{HERE}:model/digits", f"{HERE}:endpoint/live", f"{HERE}:model-package/digits/1"
IMAGE, DATA = "pytorch-inference:2.6", "s3://b/job/output/model.tar.gz"
CONTAINER = {"Image": IMAGE, "ModelDataUrl": DATA}
GROUP = {"ModelPackageGroupName": "digits", "ModelPackageGroupArn": f"{HERE}:model-package-group/digits"}


@dataclass
class Graph:
    """The stores, and what they hold as edges between names."""

    records: Records
    links: Links
    now: list[float]
    region: str = "us-east-1"
    account: str = "123456789012"

    def edges(self) -> set[tuple[str, str, str]]:
        return {
            (self._name(link.source), link.label, self._name(link.target))
            for link in self.links.all(LinkKind.ASSOCIATION)
        }

    def _name(self, arn: str) -> str:
        record = self.records.find_by_arn(arn) or {}
        for member in ("ActionName", "ContextName", "TrialComponentName"):
            if member in record:
                return str(record[member])
        return str(record["Source"]["SourceUri"])

    def action(self, name: str) -> dict[str, Any]:
        return self.records.get("action", name)


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    database = Database.at(tmp_path / "clary.db")
    now = [1_790_000_000.0]
    yield Graph(Records(database, lambda: now[0]), Links(database, lambda: now[0]), now)
    database.close()


def endpoint(*generations: dict[str, Any], status: str = "InService") -> dict[str, Any]:
    return {
        "EndpointName": "live",
        "EndpointArn": ENDPOINT,
        "EndpointStatus": status,
        "CreationTime": 1_790_000_000.5,
        "_Owner": "arn:aws:iam::123456789012:user/ann",
        "_Generations": list(generations),
    }


def generation(number: int, state: str, **container: Any) -> dict[str, Any]:
    variant = {"VariantName": "all", "ModelName": "digits", "Containers": [{**CONTAINER, **container}]}
    return {"Id": number, "State": state, "Variants": [variant]}


def package(status: str = "PendingManualApproval", **more: Any) -> dict[str, Any]:
    return {
        "ModelPackageArn": PACKAGE,
        "ModelPackageGroupName": "digits",
        "ModelPackageVersion": 1,
        "ModelApprovalStatus": status,
        "InferenceSpecification": {"Containers": [CONTAINER]},
        "LastModifiedTime": 1_790_000_000.0,
        **more,
    }


def test_a_model_comes_from_its_data_and_its_image(graph: Graph) -> None:
    follow_model(graph, MODEL, [CONTAINER])
    follow_model(graph, MODEL, [CONTAINER])

    assert graph.edges() == {(IMAGE, "ContributedTo", MODEL), (DATA, "ContributedTo", MODEL)}


def test_a_model_of_the_same_name_has_its_own_data_only(graph: Graph) -> None:
    follow_model(graph, MODEL, [CONTAINER])

    follow_model(graph, MODEL, [{"Image": IMAGE, "ModelDataUrl": "s3://b/other.tar.gz"}])

    assert graph.edges() == {
        (IMAGE, "ContributedTo", MODEL),
        ("s3://b/other.tar.gz", "ContributedTo", MODEL),
    }
    lineage = Lineage(graph.records, graph.links, graph.region, graph.account)
    assert graph.records.find_by_arn(lineage.artifact_arn({"SourceUri": DATA})) is None


def test_all_data_of_a_container_is_known(graph: Graph) -> None:
    folder = {"S3DataSource": {"S3Uri": "s3://b/weights/"}}
    adapter = {"ChannelName": "a", "S3DataSource": {"S3Uri": "s3://b/adapter/"}}

    follow_model(graph, MODEL, [{"ModelDataSource": folder, "AdditionalModelDataSources": [adapter]}])

    assert {source for source, _, _ in graph.edges()} == {"s3://b/weights/", "s3://b/adapter/"}


def test_a_deleted_model_leaves_nothing_that_nothing_followed_from(graph: Graph) -> None:
    follow_model(graph, MODEL, [CONTAINER])

    forget_model(graph, MODEL)
    forget_model(graph, MODEL)

    assert graph.edges() == set()
    assert graph.records.names("artifact") == []


def test_a_model_that_was_deployed_stays_in_the_lineage(graph: Graph) -> None:
    follow_model(graph, MODEL, [CONTAINER])
    follow_endpoint(graph, endpoint(generation(1, "serving")))
    before = graph.edges()

    forget_model(graph, MODEL)

    assert graph.edges() == before


def test_an_endpoint_comes_from_its_models_and_their_data(graph: Graph) -> None:
    follow_model(graph, MODEL, [CONTAINER])

    follow_endpoint(graph, endpoint(generation(1, "serving")))

    deployment = "live-1790000000-1-aws-endpoint"
    assert graph.edges() - {(IMAGE, "ContributedTo", MODEL), (DATA, "ContributedTo", MODEL)} == {
        (MODEL, "ContributedTo", deployment),
        (DATA, "ContributedTo", deployment),
        (deployment, "AssociatedWith", "live-aws-endpoint"),
    }
    context = graph.records.get("context", "live-aws-endpoint")
    assert (context["ContextType"], context["Source"]["SourceUri"]) == ("Endpoint", ENDPOINT)
    action = graph.action(deployment)
    assert (action["ActionType"], action["Status"]) == ("ModelDeployment", "Completed")
    assert action["CreatedBy"] == {"IamIdentity": {"Arn": "arn:aws:iam::123456789012:user/ann"}}


def test_a_deployment_belongs_to_its_endpoint_when_it_serves(graph: Graph) -> None:
    follow_endpoint(graph, endpoint(generation(1, "starting"), status="Creating"))

    assert graph.action("live-1790000000-1-aws-endpoint")["Status"] == "InProgress"
    assert not [edge for edge in graph.edges() if edge[1] == "AssociatedWith"]

    follow_endpoint(graph, endpoint(generation(1, "serving")))
    assert graph.action("live-1790000000-1-aws-endpoint")["Status"] == "Completed"
    assert [edge for edge in graph.edges() if edge[1] == "AssociatedWith"]


def test_an_update_is_a_deployment_of_its_own(graph: Graph) -> None:
    follow_endpoint(graph, endpoint(generation(1, "serving")))

    follow_endpoint(
        graph, endpoint(generation(1, "draining"), generation(2, "serving", ModelDataUrl="s3://b/new.tar.gz"))
    )
    follow_endpoint(
        graph, endpoint(generation(1, "ending"), generation(2, "serving", ModelDataUrl="s3://b/new.tar.gz"))
    )
    follow_endpoint(graph, endpoint(generation(2, "serving", ModelDataUrl="s3://b/new.tar.gz")))

    first, second = "live-1790000000-1-aws-endpoint", "live-1790000000-2-aws-endpoint"
    assert {(DATA, "ContributedTo", first), ("s3://b/new.tar.gz", "ContributedTo", second)} <= graph.edges()
    assert (graph.action(first)["Status"], graph.action(second)["Status"]) == ("Completed", "Completed")


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (endpoint(generation(1, "starting"), status="Failed"), "Failed"),
        (endpoint(status="InService"), "Failed"),
        (endpoint({**generation(1, "ending"), "Failed": True}, status="RollingBack"), "Failed"),
        (endpoint(generation(1, "starting"), status="Deleting"), "Stopped"),
    ],
)
def test_a_deployment_that_never_served_is_told_to_have_failed(
    graph: Graph, now: dict[str, Any], status: str
) -> None:
    follow_endpoint(graph, endpoint(generation(1, "starting"), status="Creating"))

    follow_endpoint(graph, now)

    assert graph.action("live-1790000000-1-aws-endpoint")["Status"] == status
    assert not [edge for edge in graph.edges() if edge[1] == "AssociatedWith"]


def test_a_version_belongs_to_its_group_and_has_its_approvals(graph: Graph) -> None:
    follow_group(graph, GROUP)
    follow_package(graph, package())

    made = "digits-1-PendingManualApproval-1790000000-aws-model-group"
    assert graph.edges() == {
        (IMAGE, "ContributedTo", PACKAGE),
        (DATA, "ContributedTo", PACKAGE),
        (PACKAGE, "AssociatedWith", "digits-aws-model-group"),
        (made, "ContributedTo", PACKAGE),
    }
    assert graph.records.get("context", "digits-aws-model-group")["ContextType"] == "ModelGroup"
    assert graph.action(made)["ActionType"] == "Approval"

    graph.now[0] += 60
    follow_package(graph, package("Approved", LastModifiedTime=1_790_000_060.0))
    follow_package(graph, package("Approved", LastModifiedTime=1_790_000_090.0))
    approved = "digits-1-Approved-1790000060-aws-model-group"
    approvals = [source for source, _, target in graph.edges() if "aws-model-group" in source]
    assert sorted(approvals) == sorted([made, approved])


def test_a_model_of_a_package_comes_from_the_package(graph: Graph) -> None:
    follow_group(graph, GROUP)
    follow_package(graph, package("Approved"))
    container = {**CONTAINER, "ModelPackageName": PACKAGE}

    follow_model(graph, MODEL, [container])
    follow_endpoint(graph, endpoint(generation(1, "serving", ModelPackageName=PACKAGE)))

    edges = graph.edges()
    assert (PACKAGE, "ContributedTo", MODEL) in edges
    assert (PACKAGE, "ContributedTo", "live-1790000000-1-aws-endpoint") in edges
    assert (DATA, "ContributedTo", MODEL) not in edges


def test_data_in_a_folder_that_a_job_wrote_comes_from_that_job(graph: Graph) -> None:
    arn = f"{HERE}:experiment-trial-component/split"
    component = {
        "TrialComponentName": "split",
        "TrialComponentArn": arn,
        "OutputArtifacts": {"models": {"Value": "s3://b/job"}},
    }
    graph.records.insert("experiment-trial-component", "split", component, arn=arn)
    Lineage(graph.records, graph.links, graph.region, graph.account).follow(component)

    follow_model(graph, MODEL, [CONTAINER])

    assert ("s3://b/job", "DerivedFrom", DATA) in graph.edges()
    forget_model(graph, MODEL)
    assert ("s3://b/job", "DerivedFrom", DATA) not in graph.edges()


def train(graph: Graph, name: str, wrote: str, content: str) -> None:
    """A training job whose model has this content."""
    arn = f"{HERE}:experiment-trial-component/{name}"
    component = {
        "TrialComponentName": name,
        "TrialComponentArn": arn,
        "OutputArtifacts": {"SageMaker.ModelArtifact": {"Value": wrote}},
    }
    graph.records.insert("experiment-trial-component", name, component, arn=arn)
    Lineage(graph.records, graph.links, graph.region, graph.account).follow(component)
    graph.links.add(LinkKind.CONTENT, content, wrote)


def loaded(content: str, **container: Any) -> dict[str, Any]:
    report = {"ModelContent": content}
    return endpoint(generation(1, "serving", **container)) | {"_Reports": {"g1-v1-i1-c1": report}}


def test_a_copy_of_a_model_comes_from_the_model_that_a_job_wrote(graph: Graph) -> None:
    train(graph, "fit", "s3://b/fit/model.tar.gz", "a" * 64)
    graph.now[0] += 60
    train(graph, "again", "s3://b/again/model.tar.gz", "a" * 64)
    train(graph, "other", "s3://b/other/model.tar.gz", "b" * 64)

    follow_lineage(graph, loaded("a" * 64))
    follow_lineage(graph, loaded("a" * 64))

    copied = {edge for edge in graph.edges() if edge[1] == "DerivedFrom"}
    assert copied == {("s3://b/again/model.tar.gz", "DerivedFrom", DATA)}


def test_a_copy_may_be_a_prefix_of_files(graph: Graph) -> None:
    train(graph, "fit", "s3://b/fit/model.tar.gz", "a" * 64)
    source = {"S3Uri": "s3://b/copy/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    beside = {"ChannelName": "more", "S3DataSource": {**source, "S3Uri": "s3://b/more/"}}

    follow_lineage(
        graph,
        loaded("a" * 64, ModelDataSource={"S3DataSource": source}, AdditionalModelDataSources=[beside]),
    )

    copied = {edge for edge in graph.edges() if edge[1] == "DerivedFrom"}
    assert copied == {("s3://b/fit/model.tar.gz", "DerivedFrom", "s3://b/copy/")}


def test_what_a_job_wrote_itself_is_no_copy(graph: Graph) -> None:
    train(graph, "first", "s3://b/fit/model.tar.gz", "a" * 64)
    train(graph, "second", DATA, "a" * 64)

    follow_lineage(graph, loaded("a" * 64))

    assert not [edge for edge in graph.edges() if edge[1] == "DerivedFrom"]


@pytest.mark.parametrize("content", ["", "c" * 64])
def test_a_model_that_nobody_knows_is_no_copy(graph: Graph, content: str) -> None:
    train(graph, "fit", "s3://b/fit/model.tar.gz", "a" * 64)

    follow_lineage(graph, loaded(content))
    follow_lineage(graph, {**loaded("a" * 64), "_Reports": {"g7-v1-i1-c1": {"ModelContent": "a" * 64}}})

    assert not [edge for edge in graph.edges() if edge[1] == "DerivedFrom"]
