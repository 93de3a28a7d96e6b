"""The index file of a step: the position of each of its tensors in the event file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from .modes import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence


class Shape(NamedTuple):
    """The shape of a tensor whose value is not saved. ``original_name``: its name in the framework."""

    name: str
    shape: tuple[int, ...]
    original_name: str | None = None


class Index(NamedTuple):
    """The content of an index file.

    names, starts, lengths: one element per record; bytes of the record from its header to its footer.
    event_file: path relative to the root of the trial; None when only shapes were saved.
    """

    mode: Mode
    mode_step: int
    event_file: str | None
    names: tuple[str, ...]
    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    shapes: tuple[Shape, ...] = ()


def to_json(index: Index) -> bytes:
    """The bytes of an index file."""
    meta: dict[str, Any] = {"mode": index.mode.name, "mode_step": index.mode_step}
    if index.event_file is not None:
        meta["event_file_name"] = index.event_file
    document: dict[str, Any] = {
        "meta": meta,
        "tensor_payload": [
            {"tensorname": name, "start_idx": start, "length": length}
            for name, start, length in zip(index.names, index.starts, index.lengths)
        ],
    }
    if index.shapes:
        document["shape_payload"] = [
            {
                "tensorname": entry.name,
                "originalname": entry.original_name or entry.name,
                "shape": list(entry.shape),
            }
            for entry in index.shapes
        ]
    return json.dumps(document).encode()


def from_json(data: bytes) -> Index:
    """Reads the bytes of an index file. Raises ValueError, which names the missing or wrong field."""
    document = json.loads(data)
    try:
        meta = document["meta"]
        mode, mode_step = Mode[meta["mode"].strip()], int(meta["mode_step"])
        entries = document.get("tensor_payload") or ()
        if "tensor_payload" not in document and "shape_payload" not in document:
            raise ValueError("neither tensor_payload nor shape_payload is there")
        return Index(
            mode,
            mode_step,
            meta["event_file_name"] if entries else meta.get("event_file_name"),
            tuple([entry["tensorname"] for entry in entries]),
            tuple([entry["start_idx"] for entry in entries]),
            tuple([entry["length"] for entry in entries]),
            _shapes(document.get("shape_payload") or ()),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{error!r} is missing or of the wrong kind") from error


def _shapes(entries: Sequence[dict[str, Any]]) -> tuple[Shape, ...]:
    return tuple(
        Shape(entry["tensorname"], tuple(entry["shape"]), entry.get("originalname")) for entry in entries
    )
