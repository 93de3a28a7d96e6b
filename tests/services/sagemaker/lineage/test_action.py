"""Actions and contexts: the same rules for both."""

from __future__ import annotations

from typing import Any

import pytest

from clary.domain.errors import NotFound, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.lineage import action, lineage_context
from clary.services.sagemaker.lineage.association import add_association

BOTH = pytest.mark.parametrize(("module", "noun"), [(action, "action"), (lineage_context, "context")])
URI = "https://example.com/approval"


def call(ctx: Context, module: Any, verb: str, noun: str, **members: Any) -> Any:
    member = noun.capitalize()
    spelled = {key.replace("Noun", member): value for key, value in members.items()}
    return getattr(module, f"{verb}_{noun}")(ctx, spelled)


def create(ctx: Context, module: Any, noun: str, name: str = "one", **members: Any) -> str:
    source = {"Source": {"SourceUri": URI}, "NounType": "Approval"}
    arn: str = call(ctx, module, "create", noun, NounName=name, **{**source, **members})[
        f"{noun.capitalize()}Arn"
    ]
    return arn


@BOTH
def test_it_lives_from_create_to_delete(ctx: Context, module: Any, noun: str) -> None:
    arn = create(ctx, module, noun, Properties={"a": "1", "b": "2"})
    call(ctx, module, "update", noun, NounName="one", Description="why", PropertiesToRemove=["a"])

    found = call(ctx, module, "describe", noun, NounName="one")
    call(ctx, module, "delete", noun, NounName="one")

    assert arn.endswith(f":{noun}/one")
    assert (found["Description"], found["Properties"]) == ("why", {"b": "2"})
    with pytest.raises(NotFound, match=f"{noun.capitalize()} 'one' does not exist"):
        call(ctx, module, "describe", noun, NounName="one")


@BOTH
def test_it_is_listed_by_source_and_by_type(ctx: Context, module: Any, noun: str) -> None:
    create(ctx, module, noun)
    create(ctx, module, noun, "two", Source={"SourceUri": "s3://elsewhere"}, NounType="Deployment")

    def listed(**request: str) -> list[str]:
        found = call(ctx, module, "list", f"{noun}s", **request)[f"{noun.capitalize()}Summaries"]
        return [summary[f"{noun.capitalize()}Name"] for summary in found]

    members = {"Action": "ActionType", "Context": "ContextType"}
    assert listed(SourceUri=URI) == ["one"]
    assert listed(**{members[noun.capitalize()]: "Deployment"}) == ["two"]


@BOTH
def test_a_taken_name_and_one_in_use_are_refused(ctx: Context, module: Any, noun: str) -> None:
    arn, other = create(ctx, module, noun), create(ctx, module, noun, "two")
    add_association(ctx, {"SourceArn": arn, "DestinationArn": other})

    with pytest.raises(ValidationError, match="already exists"):
        create(ctx, module, noun)
    for name in ("one", "two"):
        with pytest.raises(ValidationError, match="has associations"):
            call(ctx, module, "delete", noun, NounName=name)


def test_an_action_has_a_status(ctx: Context) -> None:
    create(ctx, action, "action", Status="InProgress")

    action.update_action(ctx, {"ActionName": "one", "Status": "Completed"})

    assert action.describe_action(ctx, {"ActionName": "one"})["Status"] == "Completed"
