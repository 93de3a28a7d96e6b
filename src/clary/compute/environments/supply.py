"""What this machine can have: its Pythons, and the packages that the user's indexes serve.

Asking an index takes a tenth of a second or so, and the answer decides which environment a job gets, so
answers are kept in a file: a job must not move to another version because the network is down today.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .installer import index_options, uv_binary, uv_environment
from .interpreters import find_interpreters, interpreter_for
from .recipe import InstallStep

if TYPE_CHECKING:
    from collections.abc import Callable

_KEEP_YES_S = 30 * 86_400.0
_KEEP_NO_S = 86_400.0
_KEEP_UNREACHABLE_S = 3_600.0
_PATIENCE_S = 30.0


def environments_root() -> Path:
    """Returns the default folder of environments: CLARY_ENVIRONMENTS, or one in the user's cache."""
    named = os.environ.get("CLARY_ENVIRONMENTS")
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "clary" / "environments"


class MachineSupply:
    """The supply of this machine; answers are stored in ``root/supply.json``. Thread-safe."""

    def __init__(self, root: Path, *, now: Callable[[], float] = time.time) -> None:
        self._root = root
        self._file = root / "supply.json"
        self._now = now

    def pythons(self) -> tuple[str, ...]:
        return tuple(find_interpreters(os.environ, home=Path.home()))

    def has(self, step: InstallStep, python: str) -> bool:
        """Returns whether the user's indexes have these requirements for this Python.

        An index that does not answer counts as yes, so that the build fails with a reason; one that the
        step's options name counts as no, because there are other methods then.
        """
        environment = uv_environment(self._root)
        key = _key(step, python, environment)
        known = self._answers().get(key)
        if known is not None and self._now() < known["until"]:
            return bool(known["has"])
        address = _key(InstallStep((), step.options), "", environment)
        if step.options and self._now() < self._answers().get(address, {"until": 0.0})["until"]:
            return False
        answer = _ask(step, python, environment)
        if answer is None:
            if known is not None:
                return bool(known["has"])
            if step.options:
                self._remember(address, has=False, for_s=_KEEP_UNREACHABLE_S)
            return not step.options
        self._remember(key, has=answer, for_s=_KEEP_YES_S if answer else _KEEP_NO_S)
        return answer

    def _answers(self) -> dict[str, Any]:
        try:
            answers = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return answers if isinstance(answers, dict) else {}

    def _remember(self, key: str, *, has: bool, for_s: float) -> None:
        """Writes all answers. Of two processes one loses its answer, and asks again later."""
        now = self._now()
        answers = {k: answer for k, answer in self._answers().items() if answer["until"] > now - _KEEP_YES_S}
        answers[key] = {"has": has, "until": now + for_s}
        self._root.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}.tmp")
        temporary.write_text(json.dumps(answers, indent=0), encoding="utf-8")
        temporary.replace(self._file)


def _ask(step: InstallStep, python: str, environment: dict[str, str]) -> bool | None:
    """Returns None if the index did not answer."""
    interpreter = interpreter_for(python)
    if interpreter is None:
        return False
    command = [
        uv_binary(),
        "pip",
        "compile",
        "--quiet",
        "--no-deps",
        "--no-header",
        "--no-annotate",
        "--no-build",
    ]
    command += ["--python", str(interpreter), *index_options(), *step.options, "-"]
    try:
        done = subprocess.run(
            command,
            input="\n".join(step.requirements),
            env={**environment, "UV_HTTP_RETRIES": "0"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode == 0:
        return True
    return False if "No solution found" in done.stderr else None


def _key(step: InstallStep, python: str, environment: dict[str, str]) -> str:
    """Returns a hash of the indexes' settings and of the files in local folders of wheels."""
    indexes = sorted((k, v) for k, v in environment.items() if k.startswith("UV_") and "CACHE" not in k)
    folders = environment.get("UV_FIND_LINKS", "").split(",")
    changed = [Path(folder).stat().st_mtime for folder in folders if folder and Path(folder).is_dir()]
    content = json.dumps([step.requirements, step.options, python, indexes, index_options(), changed])
    return hashlib.sha256(content.encode()).hexdigest()[:24]
