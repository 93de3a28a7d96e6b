"""Collections (named sets of tensors) and the collections file, which describes them to a reader."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from .modes import Mode
from .reductions import Reduction, parse_reduction, reduction_word

if TYPE_CHECKING:
    from collections.abc import Mapping


class SaveConfig(NamedTuple):
    """Which steps of one mode are saved.

    These are the listed ``save_steps`` and, from ``start_step`` (included) to ``end_step`` (excluded), every
    ``save_interval``-th step.
    """

    save_interval: int = 500
    save_steps: tuple[int, ...] = ()
    start_step: int = 0
    end_step: int | None = None


class Reductions(NamedTuple):
    """What is saved in place of a tensor: its reductions, its shape, and optionally the tensor as well."""

    reductions: tuple[Reduction, ...] = ()
    save_raw_tensor: bool = False
    save_shape: bool = False


class Collection(NamedTuple):
    """A named set of tensors.

    include_regex: a tensor belongs to the collection when one of them matches anywhere in its name.
    tensor_names: full names of tensors that belong to it.
    """

    name: str
    include_regex: tuple[str, ...] = ()
    tensor_names: frozenset[str] = frozenset()
    reductions: Reductions | None = None
    save: Mapping[Mode, SaveConfig] | None = None
    save_histogram: bool = True


class CollectionsFile(NamedTuple):
    """The content of a collections file: the collections by name, and how many workers the job has."""

    collections: dict[str, Collection]
    num_workers: int


def to_json(collections: Mapping[str, Collection], num_workers: int) -> bytes:
    """The bytes of the collections file of one worker."""
    document = {
        "collections": {name: _document(collection) for name, collection in sorted(collections.items())},
        "_meta": {"num_workers": num_workers},
    }
    return json.dumps(document).encode()


def from_json(data: bytes) -> CollectionsFile:
    """Reads the bytes of a collections file. Raises ValueError when they are not one."""
    try:
        document = json.loads(data)
        collections = {name: _collection(name, entry) for name, entry in document["collections"].items()}
        return CollectionsFile(collections, int(document.get("_meta", {}).get("num_workers", 1)))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a collections file: {error!r}") from error


def _document(collection: Collection) -> dict[str, Any]:
    reductions, save = collection.reductions, collection.save
    return {
        "name": collection.name,
        "include_regex": list(collection.include_regex),
        "tensor_names": sorted(collection.tensor_names),
        "reduction_config": None
        if reductions is None
        else {
            "save_raw_tensor": reductions.save_raw_tensor,
            "reductions": ",".join(map(reduction_word, reductions.reductions)),
            "save_shape": reductions.save_shape,
        },
        "save_config": None if save is None else {mode.name: _save_document(save.get(mode)) for mode in Mode},
        "save_histogram": collection.save_histogram,
    }


def _save_document(config: SaveConfig | None) -> dict[str, Any]:
    config = config or SaveConfig()
    return dict(config._asdict(), save_steps=list(config.save_steps))


def _collection(name: str, entry: Mapping[str, Any]) -> Collection:
    reductions, save = entry.get("reduction_config"), entry.get("save_config")
    return Collection(
        name,
        tuple(entry.get("include_regex") or ()),
        frozenset(entry.get("tensor_names") or ()),
        None if reductions is None else _reductions(reductions),
        None if save is None else {Mode[mode]: _save(config) for mode, config in save.items()},
        bool(entry.get("save_histogram", True)),
    )


def _reductions(entry: Mapping[str, Any]) -> Reductions:
    words = [word for word in str(entry.get("reductions") or "").split(",") if word.strip()]
    return Reductions(
        tuple(map(parse_reduction, words)), bool(entry.get("save_raw_tensor")), bool(entry.get("save_shape"))
    )


def _save(entry: Mapping[str, Any]) -> SaveConfig:
    default = SaveConfig()
    interval, start, end = entry.get("save_interval"), entry.get("start_step"), entry.get("end_step")
    return SaveConfig(
        default.save_interval if interval is None else int(interval),
        tuple(int(step) for step in entry.get("save_steps") or ()),
        default.start_step if start is None else int(start),
        None if end is None else int(end),
    )
