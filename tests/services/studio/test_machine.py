"""What the machine has and what is in use."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from clary.domain.errors import Denied
from clary.kinds.machine_use import DiskUse, MachineUse
from clary.services.studio.machine import describe_machine

if TYPE_CHECKING:
    from clary.services.context import Context

USE = MachineUse(8, 1 << 34, 1, 2.5, 1 << 33, 1, 2, 3, DiskUse(100, 40, {"Objects": (30, False)}))


def test_it_is_told_in_numbers(ctx: Context) -> None:
    machines = cast("Any", SimpleNamespace(use=lambda: USE))

    told = describe_machine(replace(ctx, machines=machines), {})

    assert (told["Cpus"], told["UsedCpus"], told["Waiting"]) == (8, 2.5, 3)
    assert told["Disk"]["Parts"] == [{"Name": "Objects", "Bytes": 30, "IsWhole": False}]


def test_who_may_not_list_jobs_may_not_see_it(ctx: Context) -> None:
    with pytest.raises(Denied, match="sagemaker:ListTrainingJobs"):
        describe_machine(replace(ctx, may=lambda action, resource: False), {})
