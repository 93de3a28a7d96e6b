"""What a training job has captured: its tensors and its profile.

The answers are made by another process (``clary.services.reading``) from files that the job wrote; these
functions check the request and what the caller may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest

from ._captured import PROFILE, TENSORS, Captured, captured
from ._request import count_of, text_of

if TYPE_CHECKING:
    from clary.services.context import Context, Document

Request = Mapping[str, object]

MODES = ("", "TRAIN", "EVAL", "PREDICT", "GLOBAL")
REDUCE = ("mean", "max")
MOST_STEP = 2**53
MOST_AXES = 32
MOST_NAMES = 500
MOST_SIDE = 256


def describe_captured(ctx: Context, request: Request) -> Document:
    """Steps, modes, workers and collections of TrainingJobName, and where they are."""
    found = captured(ctx, text_of(request, "TrainingJobName"))
    place = found.place(TENSORS)
    document = _ask(found, "Overview", TENSORS, {})
    return {"Uri": place.uri, **document}


def list_tensor_names(ctx: Context, request: Request) -> Document:
    """Sorted names: of Collection, those with all words of Search in them, Count of them from Start on."""
    return _ask(
        captured(ctx, text_of(request, "TrainingJobName")),
        "Names",
        TENSORS,
        {
            "Search": _optional_text(request, "Search"),
            "Collection": _optional_text(request, "Collection"),
            "Start": count_of(request, "Start", default=0, least=0, most=MOST_STEP),
            "Count": count_of(request, "Count", default=MOST_NAMES, least=1, most=MOST_NAMES),
        },
    )


def get_tensor_series(ctx: Context, request: Request) -> Document:
    """Tensor over its steps: statistics and histograms. ``Partial``: asked again, it answers with more."""
    return _ask(
        captured(ctx, text_of(request, "TrainingJobName")),
        "Series",
        TENSORS,
        {"Tensor": text_of(request, "Tensor"), **_mode_and_worker(request)},
    )


def get_tensor_values(ctx: Context, request: Request) -> Document:
    """Tensor at Step as a matrix, reduced to at most Most rows and columns. Raises BadRequest."""
    reduce = _optional_text(request, "Reduce") or "mean"
    if reduce not in REDUCE:
        raise BadRequest(f"Reduce has to be one of {', '.join(REDUCE)}")
    index = request.get("Index", [])
    if not isinstance(index, list) or len(index) > MOST_AXES or not all(_is_count(each) for each in index):
        raise BadRequest(f"Index has to be a list of at most {MOST_AXES} whole numbers from 0 on")
    return _ask(
        captured(ctx, text_of(request, "TrainingJobName")),
        "Values",
        TENSORS,
        {
            "Tensor": text_of(request, "Tensor"),
            "Step": count_of(request, "Step", default=-1, least=0, most=MOST_STEP),
            "Worker": _optional_text(request, "Worker"),
            "Index": index,
            "Rows": _part(request, "Rows"),
            "Columns": _part(request, "Columns"),
            "Most": count_of(request, "Most", default=128, least=1, most=MOST_SIDE),
            "Reduce": reduce,
        },
    )


def get_network_picture(ctx: Context, request: Request) -> Document:
    """The layers of the network whose names have Contains in them, and the steps that have values.

    Without such a layer, Nothing says why.
    """
    found = captured(ctx, text_of(request, "TrainingJobName"))
    return _ask(found, "Picture", TENSORS, _picture(found, request))


def get_network_frame(ctx: Context, request: Request) -> bytes:
    """The values of the picture at Step for Sample of the batch; -1 is the mean of the batch."""
    found = captured(ctx, text_of(request, "TrainingJobName"))
    asked = {
        **_picture(found, request),
        "Step": count_of(request, "Step", default=-1, least=0, most=MOST_STEP),
        "Sample": count_of(request, "Sample", default=0, least=-1, most=MOST_STEP),
    }
    key = found.require(TENSORS)
    return ctx.reading.ask("Frame", {"Key": key, **asked}, found)[1]


def get_profile(ctx: Context, request: Request) -> Document:
    """Hosts, use of machines, step times, bottlenecks. ``Partial``: asked again, it answers with more."""
    found = captured(ctx, text_of(request, "TrainingJobName"))
    return {"Uri": found.place(PROFILE).uri, **_ask(found, "Profile", PROFILE, {})}


def _ask(found: Captured, question: str, place: str, request: dict[str, Any]) -> Document:
    key = found.require(place)
    return found.ctx.reading.ask(question, {"Key": key, **request}, found)[0]


def _picture(found: Captured, request: Request) -> dict[str, Any]:
    basis = request.get("Basis")
    if basis is not None and not _is_count(basis):
        raise BadRequest("Basis has to be the number of a step")
    return {
        "Job": found.name,
        "Contains": _optional_text(request, "Contains", most=200),
        "Basis": basis,
        **_mode_and_worker(request),
    }


def _mode_and_worker(request: Request) -> dict[str, Any]:
    mode = _optional_text(request, "Mode")
    if mode not in MODES:
        raise BadRequest(f"Mode has to be one of {', '.join(MODES[1:])}, or be left out")
    return {"Mode": mode, "Worker": _optional_text(request, "Worker")}


def _optional_text(request: Request, name: str, *, most: int = 2_048) -> str:
    return text_of(request, name, most=most) if request.get(name) not in (None, "") else ""


def _part(request: Request, name: str) -> list[int] | None:
    value = request.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or not all(_is_count(each) for each in value):
        raise BadRequest(f"{name} has to be two whole numbers: from, and up to")
    return value


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST_STEP
