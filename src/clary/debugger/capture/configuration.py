"""Parses debughookconfig.json. In that file, numbers, lists and booleans are strings."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tensors import Mode, Reductions, SaveConfig
from ..tensors.reductions import parse_reduction

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_PATH = "SMDEBUG_CONFIG_FILE_PATH"
DEFAULT_CONFIG_PATH = "/opt/ml/input/config/debughookconfig.json"
TENSORBOARD_PATH = "TENSORBOARD_CONFIG_FILE_PATH"
DEFAULT_TENSORBOARD_PATH = "/opt/ml/input/config/tensorboardoutputconfig.json"
DEFAULT_LOCAL_PATH = "/opt/ml/output/tensors"

_OPENING, _CLOSING = "([{", ")]}"


class CollectionSettings(NamedTuple):
    """The configuration of one collection. ``save``: by mode, only the keys of SaveConfig that are given."""

    name: str
    include_regex: tuple[str, ...]
    reductions: Reductions | None
    save: Mapping[Mode, Mapping[str, Any]]
    save_histogram: bool | None


class HookSettings(NamedTuple):
    """The configuration of a hook.

    save: by mode, the keys of SaveConfig that hold for all collections. include_workers: ``one`` or ``all``.
    capture: whether any tensors are saved. step_times: the profiler's folder for step times; empty: none.
    """

    local_path: str
    collections: tuple[CollectionSettings, ...]
    save: Mapping[Mode, Mapping[str, Any]]
    reductions: Reductions | None = None
    include_regex: tuple[str, ...] = ()
    include_workers: str = "one"
    save_all: bool = False
    tensorboard_dir: str | None = None
    capture: bool = True
    step_times: str = ""


def config_path() -> str:
    """The path of this process's configuration. The file may not exist."""
    return os.environ.get(CONFIG_PATH) or DEFAULT_CONFIG_PATH


def read_settings(path: str) -> HookSettings:
    """Reads a configuration file. Raises OSError, and ValueError that names the wrong field."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    if not isinstance(document, dict):
        raise ValueError("{}: it should hold a JSON object".format(path))
    return parse_settings(document, tensorboard_dir=_tensorboard_dir())


def step_times_settings(folder: str) -> HookSettings:
    """The settings of a job that is profiled but has no debug hook. folder: for the step times."""
    nothing: dict[Mode, Mapping[str, Any]] = {mode: {} for mode in Mode}
    return HookSettings(local_path="", collections=(), save=nothing, capture=False, step_times=folder)


def parse_settings(document: Mapping[str, Any], tensorboard_dir: str | None = None) -> HookSettings:
    """Parses a configuration document. tensorboard_dir: the folder for TensorBoard, if the job asks for one.

    Raises ValueError that names the wrong field.
    """
    hook = document.get("HookParameters") or {}
    entries = document.get("CollectionConfigurations") or ()
    workers = str(hook.get("include_workers", "one")).strip().lower()
    if workers not in ("one", "all"):
        raise ValueError("HookParameters include_workers is {!r}; use one or all".format(workers))
    root = local_path(str(document.get("LocalPath") or DEFAULT_LOCAL_PATH))
    if tensorboard_dir is None and _boolean(hook, "export_tensorboard", False):
        tensorboard_dir = os.path.join(root, "tensorboard")
    return HookSettings(
        local_path=root,
        collections=tuple(_collection(entry) for entry in entries),
        save=_save(hook, "HookParameters"),
        reductions=_reductions(hook, "HookParameters"),
        include_regex=split_list(str(hook.get("include_regex") or "")),
        include_workers=workers,
        save_all=_boolean(hook, "save_all", False),
        tensorboard_dir=hook.get("tensorboard_dir") or tensorboard_dir,
    )


def save_config(given: Mapping[str, Any], *defaults: Mapping[str, Any]) -> SaveConfig:
    """A SaveConfig of merged keys. For each key, the first of ``given`` and ``defaults`` that has it wins."""
    merged: dict[str, Any] = {}
    for values in (*reversed(defaults), given):
        merged.update(values)
    return SaveConfig(**merged)


def split_list(text: str) -> tuple[str, ...]:
    """Splits at commas outside brackets: a regular expression may contain ``{1,2}``."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        escaped = at > 0 and text[at - 1] == "\\"
        if character in _OPENING and not escaped:
            depth += 1
        elif character in _CLOSING and not escaped:
            depth = max(depth - 1, 0)
        elif character == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return tuple(part.strip() for part in parts if part.strip())


def local_path(path: str) -> str:
    """The path on this host. Without a sandbox, ``SAGEMAKER_BASE_DIR`` replaces /opt/ml."""
    base = os.environ.get("SAGEMAKER_BASE_DIR")
    return base + path[len("/opt/ml") :] if base and path.startswith("/opt/ml/") else path


def _collection(entry: Mapping[str, Any]) -> CollectionSettings:
    name = entry.get("CollectionName")
    if not name:
        raise ValueError("CollectionConfigurations has an entry without CollectionName")
    parameters = entry.get("CollectionParameters") or {}
    where = "the CollectionParameters of {!r}".format(name)
    given = "save_histogram" in parameters
    return CollectionSettings(
        str(name),
        _regexes(parameters, where),
        _reductions(parameters, where),
        _save(parameters, where),
        _boolean(parameters, "save_histogram", True) if given else None,
    )


def _regexes(parameters: Mapping[str, Any], where: str) -> tuple[str, ...]:
    patterns = split_list(str(parameters.get("include_regex") or ""))
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError("include_regex in {}: {!r}: {}".format(where, pattern, error)) from error
    return patterns


def _save(parameters: Mapping[str, Any], where: str) -> dict[Mode, dict[str, Any]]:
    bare = _save_keys(parameters, "", where)
    return {mode: {**bare, **_save_keys(parameters, mode.name.lower() + ".", where)} for mode in Mode}


def _save_keys(parameters: Mapping[str, Any], prefix: str, where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in ("save_interval", "start_step", "end_step"):
        value = parameters.get(prefix + key)
        if value is not None and str(value).strip() not in ("", "None"):
            found[key] = _integer(value, prefix + key, where)
    if found.get("save_interval", 1) < 1:
        raise ValueError("{}save_interval in {} is below 1".format(prefix, where))
    steps = parameters.get(prefix + "save_steps")
    if steps is not None:
        words = re.split(r"[\s,\[\]()]+", str(steps))
        found["save_steps"] = tuple(_integer(word, prefix + "save_steps", where) for word in words if word)
    return found


def _integer(value: Any, key: str, where: str) -> int:
    try:
        return int(str(value).strip())
    except ValueError:
        raise ValueError("{} in {} is {!r}; use a whole number".format(key, where, value)) from None


def _reductions(parameters: Mapping[str, Any], where: str) -> Reductions | None:
    """None for the default: the tensor itself, no reductions and no shape."""
    words = split_list(str(parameters.get("reductions") or ""))
    shape = _boolean(parameters, "save_shape", False)
    if not words and not shape:
        return None
    try:
        reductions = tuple(parse_reduction(word) for word in words)
    except ValueError as error:
        raise ValueError("reductions in {}: {}".format(where, error)) from None
    return Reductions(reductions, _boolean(parameters, "save_raw_tensor", False), shape)


def _boolean(parameters: Mapping[str, Any], key: str, default: bool) -> bool:
    value = parameters.get(key)
    if value is None:
        return default
    return str(value).strip().lower() in ("true", "1", "yes")


def _tensorboard_dir() -> str | None:
    """The folder for TensorBoard summaries; None without the file, whose presence asks for them."""
    path = os.environ.get(TENSORBOARD_PATH) or DEFAULT_TENSORBOARD_PATH
    try:
        with open(path, encoding="utf-8") as file:
            return local_path(str(json.load(file).get("LocalPath") or "/opt/ml/output/tensorboard"))
    except (OSError, ValueError, AttributeError):
        return None
