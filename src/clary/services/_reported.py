"""Checks of what host agents send. They are as strict as those of a caller's request.

The values are stored in records that every client reads: one invalid time would make all of them fail.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest
from clary.domain.hosts import Outcome, Phase
from clary.domain.points import LATEST_S, flaw

if TYPE_CHECKING:
    from clary.services.context import Document
    from clary.store.metrics import Point

MAX_POINTS = 10_000
MAX_PHASES = 100
MAX_TEXT = 10_000
"""Longer than any member of an answer that shows it."""
MOST_PACKAGES = 5_000
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = re.compile(rf"({_BYTE}(?:\.{_BYTE}){{3}}:[1-9]\d{{0,4}})?", re.ASCII)
_CONTENT = re.compile(r"([0-9a-f]{64})?")
_PACKAGE = re.compile(r"[A-Za-z0-9._-]{1,200}==[A-Za-z0-9._+!-]{1,100}")
_PHASES = frozenset(value for name, value in vars(Phase).items() if name.isupper())
_OUTCOMES = frozenset(value for name, value in vars(Outcome).items() if name.isupper()) | {""}


def checked_report(report: object) -> Document:
    """A ``HostReport`` as it is stored. Raises BadRequest, which names the invalid member."""
    if not isinstance(report, dict) or not {"Phases", "Outcome", "Reason", "ModelUploaded"} <= report.keys():
        raise BadRequest("Report has to have Phases, Outcome, Reason and ModelUploaded")
    phases = report["Phases"]
    if not isinstance(phases, list) or len(phases) > MAX_PHASES or not all(map(_is_phase, phases)):
        raise BadRequest(
            f"Report.Phases has to be a list of at most {MAX_PHASES} of Phase and At, in epoch seconds"
        )
    if not isinstance(report["Outcome"], str) or report["Outcome"] not in _OUTCOMES:
        raise BadRequest(f"Report.Outcome is {str(report['Outcome'])[:64]!r}, which is none")
    if report["Outcome"] and not phases:
        raise BadRequest("Report.Phases is empty, but a host that is done has had phases")
    code = report.get("ExitCode")
    if code is not None and (type(code) is not int or not -(2**31) <= code < 2**31):
        raise BadRequest("Report.ExitCode has to be a whole number of 32 bits, or null")
    return {
        "Phases": [{"Phase": phase["Phase"], "At": float(phase["At"])} for phase in phases],
        "Outcome": report["Outcome"],
        "Reason": checked_text("Report.Reason", report["Reason"])[:MAX_TEXT],
        "ExitCode": code,
        "ModelUploaded": report["ModelUploaded"] is True,
        "Message": checked_text("Report.Message", report.get("Message", ""))[:MAX_TEXT],
        "CheckpointsUploaded": report.get("CheckpointsUploaded") is True,
        "ModelContent": _checked_content(report.get("ModelContent", "")),
        "Address": _checked_address(report.get("Address", "")),
    }


def _checked_content(content: object) -> str:
    if not isinstance(content, str) or not _CONTENT.fullmatch(content):
        raise BadRequest("Report.ModelContent has to be a SHA-256 digest in hexadecimal, or empty")
    return content


def _checked_address(address: object) -> str:
    """An address and a port. Whether requests are sent there, ``endpoint/routes.py`` decides."""
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise BadRequest("Report.Address has to be an IPv4 address and a port, or empty")
    return address


def checked_packages(environment: object, packages: object) -> tuple[str, list[str]]:
    """The name of an environment and its packages, such as ``torch==2.6.0``. Raises BadRequest."""
    if not isinstance(environment, str) or not _ENVIRONMENT.fullmatch(environment):
        raise BadRequest("Environment has to be the name of an environment")
    if not isinstance(packages, list) or not 0 < len(packages) <= MOST_PACKAGES:
        raise BadRequest(f"Packages has to be a list of 1 to {MOST_PACKAGES} packages")
    for index, package in enumerate(packages):
        if not isinstance(package, str) or not _PACKAGE.fullmatch(package):
            raise BadRequest(f"Packages[{index}] has to look like torch==2.6.0")
    return environment, packages


def checked_points(points: object) -> list[Point]:
    """Raises BadRequest, which names the first invalid point, so that the agent can leave it out."""
    if not isinstance(points, list) or len(points) > MAX_POINTS:
        raise BadRequest(f"Points has to be a list of at most {MAX_POINTS} points")
    for index, point in enumerate(points):
        if not isinstance(point, list) or len(point) != 4:
            raise BadRequest(f"Points[{index}] has to be a list of name, time, step and value")
        wrong = flaw(*point)
        if wrong:
            raise BadRequest(f"Points[{index}]: {wrong}")
    return [(name, float(at), step, float(value)) for name, at, step, value in points]


def checked_count(name: str, value: object) -> int:
    """A count of points or events. Raises BadRequest."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise BadRequest(f"{name} has to be a whole number of 0 or more")
    return value


def checked_text(name: str, value: object) -> str:
    """Raises BadRequest."""
    if not isinstance(value, str):
        raise BadRequest(f"{name} has to be a text")
    return value


def checked_keys(keys: object, limit: int) -> list[str]:
    """Raises BadRequest."""
    if not isinstance(keys, list) or len(keys) > limit:
        raise BadRequest(f"Keys has to be a list of at most {limit} texts")
    return [checked_text(f"Keys[{index}]", key) for index, key in enumerate(keys)]


def instant(value: object) -> bool:
    """Whether it is a time in epoch seconds that every client can show."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LATEST_S


def _is_phase(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("Phase"), str):
        return False
    return entry["Phase"] in _PHASES and instant(entry.get("At"))
