from __future__ import annotations

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import NotFound, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.experiments.trial_component import (
    create_trial_component,
    update_trial_component,
)
from clary.services.sagemaker.lineage.artifact import (
    create_artifact,
    delete_artifact,
    describe_artifact,
    list_artifacts,
)
from clary.services.sagemaker.lineage.association import (
    add_association,
    delete_association,
    list_associations,
)
from clary.services.sagemaker.lineage.lineage_query import query_lineage
from clary.store.links import LinkKind

Arns = dict[str, str]

URI = "s3://bucket/out/model.tar.gz"


@pytest.fixture
def arns(ctx: Context, clock: Clock) -> Arns:
    """data -> train -> model, made in this order."""
    found = {"train": create_trial_component(ctx, {"TrialComponentName": "train"})["TrialComponentArn"]}
    for name, kind in {"data": "DataSet", "model": "Model"}.items():
        source = {"SourceUri": f"s3://bucket/{name}"}
        request = {"Source": source, "ArtifactType": kind, "ArtifactName": name}
        found[name] = create_artifact(ctx, request)["ArtifactArn"]
    for source_name, destination, kind in (
        ("data", "train", "ContributedTo"),
        ("train", "model", "Produced"),
    ):
        clock.now += 1
        add_association(
            ctx,
            {
                "SourceArn": found[source_name],
                "DestinationArn": found[destination],
                "AssociationType": kind,
            },
        )
    return found


def listed(ctx: Context, **request: str) -> list[tuple[str, str]]:
    found = list_associations(ctx, dict(request))["AssociationSummaries"]
    return [(summary["SourceName"], summary["DestinationName"]) for summary in found]


def test_an_association_is_listed_with_both_ends(ctx: Context, arns: Arns, clock: Clock) -> None:
    (found,) = list_associations(ctx, {"SourceArn": arns["train"]})["AssociationSummaries"]

    assert found == {
        "SourceArn": arns["train"],
        "DestinationArn": arns["model"],
        "SourceType": "TrialComponent",
        "DestinationType": "Model",
        "SourceName": "train",
        "DestinationName": "model",
        "AssociationType": "Produced",
        "CreationTime": clock.now,
        "CreatedBy": {"IamIdentity": {"Arn": ctx.caller.arn, "PrincipalId": ctx.caller.principal_id}},
    }


def test_associations_are_listed_by_ends_types_and_order(ctx: Context, arns: Arns) -> None:
    into, out_of = ("data", "train"), ("train", "model")

    assert listed(ctx) == [out_of, into]
    assert listed(ctx, SortOrder="Ascending") == [into, out_of]
    assert listed(ctx, DestinationArn=arns["train"]) == [into]
    assert listed(ctx, SourceArn=arns["train"], DestinationArn=arns["model"]) == [out_of]
    assert listed(ctx, SourceType="DataSet") == listed(ctx, AssociationType="ContributedTo") == [into]
    assert listed(ctx, DestinationType="Model") == [out_of]
    assert listed(ctx, DestinationType="Artifact") == listed(ctx, SourceType="TrialComponent") == [out_of]
    assert listed(ctx, SourceType="Action") == []
    assert listed(ctx, SortBy="SourceType", SortOrder="Ascending") == [into, out_of]


@pytest.mark.parametrize("sort_by", ["CreationTime", "SourceArn", "DestinationType"])
def test_associations_come_in_pages(ctx: Context, arns: Arns, sort_by: str) -> None:
    request = {"SortBy": sort_by, "MaxResults": 1}
    first = list_associations(ctx, request)
    second = list_associations(ctx, {**request, "NextToken": first["NextToken"]})

    types = {page["AssociationSummaries"][0]["AssociationType"] for page in (first, second)}
    assert types == {"ContributedTo", "Produced"}
    assert "NextToken" not in second


def test_a_token_that_is_none_of_ours_is_refused(ctx: Context, arns: Arns) -> None:
    token = list_associations(ctx, {"MaxResults": 1})["NextToken"]

    for request in ({"NextToken": "nonsense"}, {"NextToken": token, "SortBy": "SourceArn"}):
        with pytest.raises(ValidationError, match="Begin again without it"):
            list_associations(ctx, request)


def test_the_same_association_again_is_no_error_and_another_type_is(ctx: Context, arns: Arns) -> None:
    edge = {"SourceArn": arns["data"], "DestinationArn": arns["train"]}

    add_association(ctx, {**edge, "AssociationType": "ContributedTo"})
    with pytest.raises(ValidationError, match="already exists, with type ContributedTo"):
        add_association(ctx, {**edge, "AssociationType": "Produced"})

    assert len(listed(ctx)) == 2


def test_nothing_is_associated_with_itself_or_with_what_is_not_there(ctx: Context, arns: Arns) -> None:
    with pytest.raises(ValidationError, match="nothing follows from itself"):
        add_association(ctx, {"SourceArn": arns["data"], "DestinationArn": arns["data"]})
    for missing in (f"{arns['train']}-not", arns["train"].replace("trial-component", "nonsense")):
        with pytest.raises(NotFound, match="There is no trial component, artifact, action or context"):
            add_association(ctx, {"SourceArn": arns["data"], "DestinationArn": missing})


def test_a_deleted_association_is_gone(ctx: Context, arns: Arns) -> None:
    edge = {"SourceArn": arns["data"], "DestinationArn": arns["train"]}

    delete_association(ctx, edge)

    assert listed(ctx) == [("train", "model")]
    with pytest.raises(NotFound, match="There is no association"):
        delete_association(ctx, edge)


def logged(ctx: Context, etag: str = "e1") -> str:
    """An artifact as the tracker of sagemaker-experiments makes it: told apart by its content."""
    source = {"SourceUri": URI, "SourceTypes": [{"SourceIdType": "S3ETag", "Value": etag}]}
    made: str = create_artifact(ctx, {"Source": source, "ArtifactType": "model"})["ArtifactArn"]
    return made


def edges(ctx: Context) -> set[tuple[str, str]]:
    return {(link.source, link.target) for link in ctx.links.all(LinkKind.ASSOCIATION)}


def component(ctx: Context, name: str, **members: str) -> str:
    artifacts = {member: {"it": {"Value": uri}} for member, uri in members.items()}
    made: str = create_trial_component(ctx, {"TrialComponentName": name, **artifacts})["TrialComponentArn"]
    return made


@pytest.mark.parametrize("logged_first", [True, False])
def test_an_output_that_a_caller_logs_is_in_the_lineage_once(ctx: Context, logged_first: bool) -> None:
    writer = component(ctx, "writer") if logged_first else component(ctx, "writer", OutputArtifacts=URI)
    artifact = logged(ctx)
    add_association(ctx, {"SourceArn": writer, "DestinationArn": artifact, "AssociationType": "Produced"})
    if logged_first:
        outputs = {"it": {"Value": URI}}
        update_trial_component(ctx, {"TrialComponentName": "writer", "OutputArtifacts": outputs})

    assert edges(ctx) == {(writer, artifact)}
    assert len(list_artifacts(ctx, {"SourceUri": URI})["ArtifactSummaries"]) == 1


def test_an_input_that_a_caller_logs_is_in_the_lineage_once(ctx: Context) -> None:
    reader, artifact = component(ctx, "reader", InputArtifacts=URI), logged(ctx)

    add_association(ctx, {"SourceArn": artifact, "DestinationArn": reader})

    assert edges(ctx) == {(artifact, reader)}


@pytest.mark.parametrize("read_first", [True, False])
def test_who_reads_what_a_caller_logged_follows_from_who_wrote_it(ctx: Context, read_first: bool) -> None:
    reader = component(ctx, "reader", InputArtifacts=URI) if read_first else ""
    writer, artifact = component(ctx, "writer", OutputArtifacts=URI), logged(ctx)
    edge = {"SourceArn": writer, "DestinationArn": artifact}
    add_association(ctx, edge)
    reader = reader or component(ctx, "reader", InputArtifacts=URI)

    assert edges(ctx) == {(writer, artifact), (artifact, reader)}

    delete_association(ctx, edge)

    (plain,) = {source for source, target in edges(ctx) if target == reader}
    assert edges(ctx) == {(writer, plain), (plain, reader)}
    assert plain != artifact


def test_ends_are_found_in_whatever_case_their_arns_are_spelled(ctx: Context, arns: Arns) -> None:
    shouted = {"SourceArn": arns["data"].replace("artifact/", "Artifact/"), "DestinationArn": arns["train"]}
    shouted["DestinationArn"] = shouted["DestinationArn"].replace("train", "TRAIN")

    assert listed(ctx, SourceArn=arns["train"].replace("/train", "/TRAIN")) == [("train", "model")]
    assert query_lineage(ctx, {"StartArns": [shouted["DestinationArn"]]})["Vertices"]
    assert describe_artifact(ctx, {"ArtifactArn": shouted["SourceArn"]})["ArtifactName"] == "data"
    add_association(ctx, {**shouted, "AssociationType": "ContributedTo"})
    assert len(edges(ctx)) == 2

    delete_association(ctx, shouted)

    assert edges(ctx) == {(arns["train"], arns["model"])}


def test_an_edge_that_a_caller_takes_away_stays_away(ctx: Context) -> None:
    writer = component(ctx, "writer", OutputArtifacts=URI)
    ((_, plain),) = edges(ctx)

    delete_association(ctx, {"SourceArn": writer, "DestinationArn": plain})

    assert edges(ctx) == set()
    delete_artifact(ctx, {"ArtifactArn": plain})


def test_an_artifact_that_a_caller_logged_can_be_deleted_with_its_associations(ctx: Context) -> None:
    """As ``Artifact.delete(disassociate=True)`` does it."""
    writer, reader = component(ctx, "writer"), component(ctx, "reader", InputArtifacts=URI)
    artifact = logged(ctx)
    add_association(ctx, {"SourceArn": writer, "DestinationArn": artifact})
    assert edges(ctx) == {(writer, artifact), (artifact, reader)}

    delete_association(ctx, {"SourceArn": artifact, "DestinationArn": reader})
    delete_association(ctx, {"SourceArn": writer, "DestinationArn": artifact})
    delete_artifact(ctx, {"ArtifactArn": artifact})

    assert edges(ctx) == set()
