"""The packages that a job's code found: what its image became."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import BadRequest, NotFound
from clary.kinds.catalogue import find_kind
from clary.kinds.software import LOG_GROUP

from ._request import require, text_of

if TYPE_CHECKING:
    from clary.services.context import Context, Document

MOST_PACKAGES = 5_000


def get_job_packages(ctx: Context, request: dict[str, object]) -> Document:
    """Kind, such as training-job, and Name: of which job.

    Returns Environment, its name, and Packages, each as ``torch==2.6.0``; both empty before the job has one.
    Raises BadRequest.
    """
    kind = find_kind(text_of(request, "Kind", most=63))
    if kind is None or kind.cluster is None or not kind.noun:
        raise BadRequest("Kind has to be a kind of job, such as training-job")
    name = text_of(request, "Name", most=63)
    arn = sagemaker_arn(ctx.region, ctx.account, kind.record_kind, name)
    require(ctx, f"sagemaker:Describe{kind.noun}", arn)
    record = ctx.records.find(kind.record_kind, name)
    if record is None:
        raise kind.not_found(name)
    stream = record.get("_Environment", "")
    packages: list[str] = []
    if stream:
        try:
            with ctx.logs.lines(LOG_GROUP, [stream], 0) as (_, lines):
                packages = [line.message for line, _ in zip(lines, range(MOST_PACKAGES), strict=False)]
        except NotFound:
            pass  # somebody has deleted the list
    return {"Environment": stream.rpartition("/")[0], "Packages": packages}
