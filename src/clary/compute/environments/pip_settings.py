"""Translates the user's pip configuration for uv, so that uv can install what pip can.

uv does not read pip's configuration. On most machines a company's mirror, a folder of wheels or a private
certificate is configured for pip, and a build without it would fail where ``pip install`` works. Settings
that the user made for uv itself are not changed.
"""

from __future__ import annotations

import configparser
import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MULTIPLE = {"extra-index-url", "find-links", "trusted-host"}


def pip_settings(environ: Mapping[str, str], *, home: Path, site: Path = Path(sys.prefix)) -> dict[str, str]:
    """Returns pip's options from its files and PIP_* variables, by precedence.

    Keys are option names (``extra-index-url``); several values are separated by blanks.
    """
    settings: dict[str, str] = {}
    for path in _files(environ, home, site):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip refuses to run with such a file, so it never had an effect
        for section in ("global", "install"):
            if parser.has_section(section):
                settings |= {key.lower().replace("_", "-"): value for key, value in parser.items(section)}
    for name, value in environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE" and value:
            settings[name[4:].lower().replace("_", "-")] = value
    return {
        key: " ".join(value.split()) if key in _MULTIPLE else value.strip() for key, value in settings.items()
    }


def uv_variables(environ: Mapping[str, str], *, home: Path, site: Path = Path(sys.prefix)) -> dict[str, str]:
    """Returns variables with which uv installs as the user's pip does, except those that are set."""
    settings = pip_settings(environ, home=home, site=site)
    # pip takes the best version of all indexes; uv by default uses the first index with the name.
    said = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    if not _uv_has_its_own_indexes(environ, home):
        said["UV_DEFAULT_INDEX"] = settings.get("index-url", "")
        said["UV_INDEX"] = settings.get("extra-index-url", "")
        said["UV_FIND_LINKS"] = ",".join(settings.get("find-links", "").split())
        said["UV_NO_INDEX"] = (
            "1" if settings.get("no-index", "").lower() in ("1", "true", "yes", "on") else ""
        )
    said["UV_INSECURE_HOST"] = settings.get("trusted-host", "")
    said["UV_HTTP_TIMEOUT"] = settings.get("timeout", settings.get("default-timeout", ""))
    said["SSL_CERT_FILE"] = settings.get("cert", "")
    said["ALL_PROXY"] = settings.get("proxy", "")
    return {name: value for name, value in said.items() if value and name not in environ}


def uv_options(environ: Mapping[str, str], *, home: Path, site: Path = Path(sys.prefix)) -> list[str]:
    """Returns options that have no variable: no index, only folders of wheels."""
    said = pip_settings(environ, home=home, site=site).get("no-index", "").lower()
    no_index = said in ("1", "true", "yes", "on") and not _uv_has_its_own_indexes(environ, home)
    return ["--no-index"] if no_index else []


def _uv_has_its_own_indexes(environ: Mapping[str, str], home: Path) -> bool:
    names = (
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "UV_INDEX",
        "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS",
        "UV_NO_INDEX",
    )
    if any(environ.get(name) for name in names):
        return True
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml"
    for path in (config, Path("/etc/uv/uv.toml")):
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        keys = {"index", "index-url", "extra-index-url", "find-links", "no-index"}
        if keys & (set(settings) | set(settings.get("pip", {}))):
            return True
    return False


def _files(environ: Mapping[str, str], home: Path, site: Path) -> list[Path]:
    """Returns pip's configuration files from the lowest to the highest precedence."""
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return []
    machine = [
        Path(folder) / "pip" / "pip.conf" for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
    ]
    machine.append(Path("/etc/pip.conf"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    user = [home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    if sys.platform == "darwin":
        user.insert(0, home / "Library" / "Application Support" / "pip" / "pip.conf")
    if named and Path(named).exists():
        user = []  # pip reads this file instead of the user's own
    return [*machine, *user, site / "pip.conf", *([Path(named)] if named else [])]
