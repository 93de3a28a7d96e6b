from __future__ import annotations

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import NotFound, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.artifact import create_artifact
from clary.services.sagemaker.association import add_association, delete_association, list_associations
from clary.services.sagemaker.trial_component import create_trial_component

Arns = dict[str, str]


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
