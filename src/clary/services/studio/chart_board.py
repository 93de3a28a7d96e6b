"""PutChartBoard, GetChartBoard, DeleteChartBoard: the charts that people keep with an experiment.

A board is a member of the experiment's record that no output shape of AWS has. So it is deleted with the
experiment, and pages that show it hear of its changes. To keep a board changes LastModifiedTime too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest, Conflict
from clary.kinds.entities import EXPERIMENT, author_of, find_entity

from ._chart_request import charts_of
from ._request import count_of, require, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document, Record

_BOARD = "_chart_board"
_NONE: dict[str, Any] = {"Version": 0}


def get_chart_board(ctx: Context, request: Mapping[str, object]) -> Document:
    """The board of ExperimentName: Version, and Charts where it has any; Version 0 before the first one."""
    experiment = _experiment(ctx, request, "sagemaker:DescribeExperiment")
    return {"ExperimentName": experiment["ExperimentName"], **experiment.get(_BOARD, _NONE)}


def put_chart_board(ctx: Context, request: Mapping[str, object]) -> Document:
    """Keeps Charts as the board of ExperimentName. Version is the one that they were made from.

    Raises Conflict with the version of now where somebody has kept another board since.
    """
    experiment = _experiment(ctx, request, "sagemaker:UpdateExperiment")
    charts = charts_of(request.get("Charts"))
    version = _change(
        ctx, experiment, request, {"Charts": charts, "LastModifiedTime": ctx.now(), **_author(ctx)}
    )
    return {"ExperimentName": experiment["ExperimentName"], "Version": version}


def delete_chart_board(ctx: Context, request: Mapping[str, object]) -> Document:
    """Removes the charts of ExperimentName; pages show the usual ones again. Version as in PutChartBoard."""
    experiment = _experiment(ctx, request, "sagemaker:UpdateExperiment")
    # The version goes on: a page that has the board of before must not take a later one for it.
    version = _change(ctx, experiment, request, {})
    return {"ExperimentName": experiment["ExperimentName"], "Version": version}


def _experiment(ctx: Context, request: Mapping[str, object], action: str) -> Record:
    name = text_of(request, "ExperimentName", most=120)
    if name.startswith("arn:"):
        raise BadRequest("ExperimentName has to be a name, not an ARN")
    found = find_entity(ctx, EXPERIMENT, name)
    require(ctx, action, found["ExperimentArn"])
    return found


def _change(ctx: Context, experiment: Record, request: Mapping[str, object], board: Document) -> int:
    expected = count_of(request, "Version", default=0, least=0, most=2**53)

    def changes(record: Record) -> Document:
        version = record.get(_BOARD, _NONE)["Version"]
        if version != expected:
            raise Conflict(
                f"The charts were changed since: they are version {version} now, and yours were made from "
                f"version {expected}. Read them again.",
                members={"Version": version},
            )
        return {_BOARD: {**board, "Version": version + 1}}

    name = experiment["ExperimentName"]
    return int(ctx.records.update(EXPERIMENT.kind, name, changes)[_BOARD]["Version"])


def _author(ctx: Context) -> Document:
    return {"LastModifiedBy": author_of(ctx)}
