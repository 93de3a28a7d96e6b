from __future__ import annotations

import pytest
from tests.services.access.world import World, allow, deny

from clary.domain.errors import Denied
from clary.services.access.early import refuse_early


def test_who_may_do_it_on_nothing_is_refused(world: World) -> None:
    for caller in (
        world.user("ada"),
        world.user("bob", allow("s3:*")),
        world.user("eve", deny("sagemaker:*")),
    ):
        with pytest.raises(Denied, match="is not authorized to perform: sagemaker:AddTags"):
            refuse_early(caller, world.records, "sagemaker", "AddTags")


@pytest.mark.parametrize("action", ["*", "sagemaker:*", "sagemaker:addtags", "sagemaker:Add????"])
def test_who_may_do_it_on_something_is_judged_later(world: World, action: str) -> None:
    ada = world.user("ada", allow(action, on="arn:aws:sagemaker:::nothing"))

    refuse_early(ada, world.records, "sagemaker", "AddTags")
    refuse_early(world.root, world.records, "sagemaker", "AddTags")
