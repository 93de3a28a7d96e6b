"""A family of images, read from its TOML file.

    short = "xgboost"                          the name the command line takes
    title = "xgboost"                          the framework's name in sentences
    repositories = ["sagemaker-xgboost"]       the names in image URIs
    packages = ["boto3", "numpy"]              the packages of the image beside its framework
    releases = [                               the available versions, with the Pythons they run on
      { version = "3.2.0", python = "3.10-3.14" },
      { version = "1.7.6", python = "3.8-3.12", packages = ["numpy<2"] },
    ]
    [[ways]]                                   a method to build a version; the first that works on this
    framework = ["xgboost=={version}"]         machine is used

Any further key of a release replaces the braces of the same name in the requirements of a method. Optional
keys: those of ``Family`` below, and of a method those of ``BuildMethod``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .serving_support import served_frameworks
from .shim_files import shim_names

if TYPE_CHECKING:
    from pathlib import Path

_PYTHONS = re.compile(r"(3\.\d+)-(3\.\d+)")
_FAMILY_KEYS = {
    "short",
    "title",
    "repositories",
    "packages",
    "releases",
    "ways",
    "algorithm",
    "script_mode",
    "algorithm_metrics",
}
_FAMILY_KEYS |= {"shims", "keep_out", "variables", "python_is_version", "serves"}
_METHOD_KEYS = {"framework", "unbound", "processor", "options", "shims", "last_resort"}


class BadFamily(ValueError):
    """An invalid image file; the message names the file, the key and the fix."""


@dataclass(frozen=True, slots=True)
class Release:
    version: str
    oldest_python: str
    newest_python: str
    packages: tuple[str, ...]
    fill: dict[str, str]
    """Name in braces to its replacement, ``version`` included."""


@dataclass(frozen=True, slots=True)
class BuildMethod:
    """One set of requirements for a version.

    processor: ``cpu``, ``gpu`` or empty for both. options: for uv. unbound: installed without dependencies.
    shims: see ``Family``. last_resort: taken only when no other method gives the
    version that was asked for.
    """

    framework: tuple[str, ...] = ()
    unbound: tuple[str, ...] = ()
    processor: str = ""
    options: tuple[str, ...] = ()
    shims: tuple[str, ...] = ()
    last_resort: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """All versions of one image.

    shims: folders of ours that are copied in. keep_out: never installed, though other packages ask for them.
    algorithm: module to run when a job brings no script. algorithm_metrics: (name, regular expression) of
    each metric that it logs. variables: for the environment of user code.
    python_is_version: the version in the tag is the Python's own, as in ``python:3.11``.
    serves: the framework whose serving contract the images have, a module of the serving program; or empty.
    """

    name: str
    short: str
    title: str
    repositories: tuple[str, ...]
    releases: tuple[Release, ...]
    methods: tuple[BuildMethod, ...]
    packages: tuple[str, ...] = ()
    shims: tuple[str, ...] = ()
    keep_out: tuple[str, ...] = ()
    algorithm: str = ""
    algorithm_metrics: tuple[tuple[str, str], ...] = ()
    script_mode: bool = True
    python_is_version: bool = False
    serves: str = ""
    variables: tuple[tuple[str, str], ...] = ()


def read_family(path: Path) -> Family:
    """The family in a TOML file, named by the file; raises BadFamily."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFamily(f"{path}: not TOML: {error}") from None
    _refuse_unknown(path, "the family", raw, _FAMILY_KEYS)
    methods = raw.get("ways", [{}])
    if not isinstance(methods, list) or not all(isinstance(method, dict) for method in methods):
        raise BadFamily(f"{path}: ways must be tables, each under [[ways]]")
    family = Family(
        name=path.stem,
        short=_text(path, raw, "short", path.stem),
        title=_text(path, raw, "title", _text(path, raw, "short", path.stem)),
        repositories=_texts(path, raw, "repositories") or (path.stem,),
        releases=_releases(path, raw.get("releases")),
        methods=tuple(_method(path, method) for method in methods),
        packages=_texts(path, raw, "packages"),
        shims=_texts(path, raw, "shims"),
        keep_out=_texts(path, raw, "keep_out"),
        algorithm=_text(path, raw, "algorithm", ""),
        algorithm_metrics=_algorithm_metrics(path, raw.get("algorithm_metrics")),
        script_mode=_flag(path, raw, "script_mode", default=True),
        python_is_version=_flag(path, raw, "python_is_version", default=False),
        serves=_text(path, raw, "serves", ""),
        variables=_variables(path, raw.get("variables", {})),
    )
    _check_braces(path, family)
    _check_shims(path, family)
    if family.serves and family.serves not in served_frameworks():
        known = ", ".join(served_frameworks())
        raise BadFamily(f"{path}: serves is {family.serves!r}; there is a serving contract for {known}")
    return family


def _algorithm_metrics(path: Path, raw: Any) -> tuple[tuple[str, str], ...]:
    """Returns (name, expression) for each combination of ``data`` and ``metric``."""
    if raw is None:
        return ()
    if not isinstance(raw, dict) or raw.keys() != {"name", "regex", "data", "metric"}:
        raise BadFamily(f"{path}: algorithm_metrics must have name, regex, data and metric")
    patterns = [_text(path, raw, key, "") for key in ("name", "regex")]
    return tuple(
        (name, regex)
        for data in _texts(path, raw, "data")
        for metric in _texts(path, raw, "metric")
        for name, regex in [[p.replace("{data}", data).replace("{metric}", metric) for p in patterns]]
    )


def _releases(path: Path, raw: Any) -> tuple[Release, ...]:
    if not isinstance(raw, list) or not raw or not all(isinstance(release, dict) for release in raw):
        raise BadFamily(f'{path}: releases must list at least one {{ version = "1.0", python = "3.9-3.13" }}')
    return tuple(_release(path, release) for release in raw)


def _release(path: Path, raw: dict[str, Any]) -> Release:
    version = _text(path, raw, "version", "")
    pythons = _PYTHONS.fullmatch(_text(path, raw, "python", ""))
    if not version or pythons is None:
        raise BadFamily(f'{path}: a release needs version = "1.0" and python = "3.9-3.13", got {raw}')
    fill = {key: _text(path, raw, key, "") for key in raw if key not in ("python", "packages")}
    return Release(version, pythons[1], pythons[2], _texts(path, raw, "packages"), fill)


def _method(path: Path, raw: dict[str, Any]) -> BuildMethod:
    _refuse_unknown(path, "a way", raw, _METHOD_KEYS)
    processor = _text(path, raw, "processor", "")
    if processor not in ("", "cpu", "gpu"):
        raise BadFamily(f'{path}: processor is {processor!r}; it can be "cpu" or "gpu"')
    return BuildMethod(
        framework=_texts(path, raw, "framework"),
        unbound=_texts(path, raw, "unbound"),
        processor=processor,
        options=_texts(path, raw, "options"),
        shims=_texts(path, raw, "shims"),
        last_resort=_flag(path, raw, "last_resort", default=False),
    )


def _check_braces(path: Path, family: Family) -> None:
    for release in family.releases:
        for method in family.methods:
            for requirement in method.framework + method.unbound:
                try:
                    requirement.format_map(release.fill)
                except (KeyError, ValueError, IndexError) as error:
                    problem = f"{requirement!r} cannot be filled for release {release.version}"
                    raise BadFamily(f"{path}: {problem}: the release has no {error}") from None


def _check_shims(path: Path, family: Family) -> None:
    known = shim_names()
    for shim in (*family.shims, *(shim for method in family.methods for shim in method.shims)):
        if shim not in known:
            raise BadFamily(f"{path}: there is no shim {shim!r}; there are {', '.join(known)}")


def _refuse_unknown(path: Path, where: str, raw: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise BadFamily(f"{path}: {where} has no key {unknown[0]!r}; it can have {', '.join(sorted(known))}")


def _text(path: Path, raw: dict[str, Any], key: str, default: str) -> str:
    value = raw.get(key, default)
    if not isinstance(value, str):
        raise BadFamily(f"{path}: {key} must be a text in quotes, got {value!r}")
    return value


def _texts(path: Path, raw: dict[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadFamily(f'{path}: {key} must be a list of texts, like ["numpy"], got {value!r}')
    return tuple(value)


def _flag(path: Path, raw: dict[str, Any], key: str, *, default: bool) -> bool:
    value = raw.get(key, default)
    if not isinstance(value, bool):
        raise BadFamily(f"{path}: {key} must be true or false, got {value!r}")
    return value


def _variables(path: Path, raw: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise BadFamily(f'{path}: variables must be a table of texts, like {{ OMP_NUM_THREADS = "1" }}')
    return tuple(sorted(raw.items()))
