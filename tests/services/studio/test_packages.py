"""The packages of a job's environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clary.domain.errors import BadRequest, Denied, NotFound
from clary.kinds.software import LOG_GROUP, keep_packages
from clary.services.studio.packages import get_job_packages

if TYPE_CHECKING:
    from clary.services.context import Context

JOB = {"Kind": "training-job", "Name": "job"}


def test_they_are_told_in_order(ctx: Context) -> None:
    stream = keep_packages(ctx.logs, "python-3.11", ["numpy==2.0.0", "torch==2.6.0"], ctx.now())
    ctx.records.insert("training-job", "job", {"_Environment": stream})

    told = {"Environment": "python-3.11", "Packages": ["numpy==2.0.0", "torch==2.6.0"]}
    assert get_job_packages(ctx, JOB) == told

    ctx.logs.delete_group(LOG_GROUP)
    assert get_job_packages(ctx, JOB)["Packages"] == []


def test_a_job_that_waits_has_none_yet(ctx: Context) -> None:
    ctx.records.insert("training-job", "job", {})

    assert get_job_packages(ctx, JOB) == {"Environment": "", "Packages": []}


def test_what_is_no_job_is_refused(ctx: Context) -> None:
    with pytest.raises(BadRequest, match="Kind"):
        get_job_packages(ctx, {**JOB, "Kind": "artifact"})
    with pytest.raises(NotFound):
        get_job_packages(ctx, JOB)
    with pytest.raises(Denied, match="sagemaker:DescribeTrainingJob"):
        get_job_packages(replace(ctx, may=lambda action, resource: False), JOB)
