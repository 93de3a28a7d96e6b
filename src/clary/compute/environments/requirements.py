"""Reads the requirements.txt of an untrusted source.

    requirements.txt ──read beneath the source──> Line, Line, ...   each of a known, harmless form
    ../x  /etc/x  file:///x  ${TOKEN}           ──> BadRequirements

The file comes from a job and is read outside its sandbox. So only known forms are accepted: names with
versions, addresses of the network, and paths inside the source. Included files (``-r``) replace their lines.
``-e folder`` becomes ``folder``: the layer outlives the folder, so it needs a copy.
"""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clary.host.beneath import read_beneath, resolve_beneath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MOST_BYTES = 1 << 20
LONGEST_LINE = 65_536
"""Enough for all hashes of a package with many wheels."""
SHOWN = 200
"""The longest part of a line that a message quotes."""
_DEPTH = 20
_SOURCE_INSIDE = ("/opt/ml/code", "/opt/ml/processing/input/code")
"""The path of the source inside the job."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_CODING = re.compile(
    rb"[ \t\f]*#.{0,80}?coding[:=][ \t]*(utf-?8|ascii|latin-?1|iso-?8859-\d+|cp\d+|windows-\d+)\b",
    re.IGNORECASE,
)
_LONG = {
    "-r": "--requirement", "-c": "--constraint", "-e": "--editable",
    "-f": "--find-links", "-i": "--index-url",
}  # fmt: skip
_FLAGS = {"--no-index", "--pre", "--prefer-binary", "--require-hashes"}
_WORDS = {"--no-binary", "--only-binary", "--trusted-host"}
_ADDRESSES = {"--find-links", "--index-url", "--extra-index-url"}
_NETWORK = re.compile(r"(git\+)?(https?|ssh)://\S+", re.IGNORECASE)
_HASHES = re.compile(r"(?:\s+--hash[=\s]\s*\w+:[0-9a-fA-F]+)+$")
_MARKER = re.compile(r"\s*;\s*(?P<marker>[\w\s'\"<>=!~.()*+,-]*)$")
_MARKER_AFTER_ADDRESS = re.compile(rf"(?=\s+;|;\s){_MARKER.pattern}")
"""An address may contain a semicolon; the semicolon of a marker has a blank beside it."""
_DIRECT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]{0,200})\s*(?P<extras>\[[\w\s,.-]*\])?\s*@\s*(?P<url>\S+)")
_NAMED = re.compile(r"[A-Za-z0-9][\w.-]{0,200}\s*(\[[\w\s,.-]*\])?\s*[\w\s<>=!~.*+,()-]*")
_EXTRAS = re.compile(r"\[[\w\s,.-]*\]$")
_PATH = re.compile(r"[\w./+@~=-]+")
_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2")


class BadRequirements(ValueError):
    """A requirements file that can't be used; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line for uv: ``text``, then maybe a path of the source, then ``after``.

    local: from the top of the source, free of links; ``.`` is the source itself. builds: it has to be built.
    optional: where that fails, the line is left out.
    """

    text: str
    local: str = ""
    after: str = ""
    builds: bool = False
    optional: bool = False

    def spelled(self, place: Callable[[str], str]) -> str:
        """place: where a path of the source lies."""
        return self.text + (place(self.local) if self.local else "") + self.after


@dataclass(slots=True)
class Requirements:
    """lines, constraints: for uv. addresses: whether they name addresses of the network."""

    lines: list[Line] = field(default_factory=list)
    constraints: list[Line] = field(default_factory=list)
    addresses: bool = False

    @property
    def locals(self) -> list[str]:
        return [line.local for line in self.lines if line.local]


def read_requirements(path: Path) -> Requirements:
    """Returns the requirements of a file in the top folder of a source; none without the file.

    Raises BadRequirements.
    """
    found = Requirements()
    if os.path.lexists(path):
        _Reader(path.parent, found).read(path.name, found.lines, 0)
    return found


class _Reader:
    def __init__(self, source: Path, found: Requirements) -> None:
        self._source = source
        self._found = found
        self._left_bytes = MOST_BYTES
        """The limit for all files together, each counted as often as it is included."""

    def read(self, name: str, into: list[Line], depth: int) -> None:
        if depth > _DEPTH:
            raise BadRequirements(f"{name} includes itself")
        for line in _lines(self._content(name), name):
            shown = repr(line[:SHOWN])
            if "${" in line:
                raise BadRequirements(
                    f"{name}: {shown} has a variable, and those of the server are not for jobs. Write its "
                    "value, or set the index up for the machine: pip config set global.extra-index-url URL"
                )
            try:
                if line.startswith("-"):
                    self._option(line, name, into, depth)
                else:
                    into.append(self._requirement(line, name))
            except _Trouble as trouble:
                raise BadRequirements(f"{name}: {shown} {trouble}") from None
            if into is self._found.constraints and into and into[-1].local:
                raise BadRequirements(f"{name}: {shown} names a path, which a constraint can't do")

    def _content(self, name: str) -> bytes:
        real = resolve_beneath(self._source, name)
        content = read_beneath(self._source, real, self._left_bytes + 1) if real is not None else None
        if content is None:
            raise BadRequirements(f"cannot read {name}: it is not in the source, or lies outside of it")
        self._left_bytes -= len(content)
        if self._left_bytes < 0:
            raise BadRequirements(f"{name}, with what it includes, is larger than {MOST_BYTES} bytes")
        return content

    def _option(self, line: str, name: str, into: list[Line], depth: int) -> None:
        option, value = _split_option(line)
        if option in ("--requirement", "--constraint") and value:
            if _NETWORK.fullmatch(value):
                raise _Trouble("includes a file of the network; put it into the source")
            lines = into if option == "--requirement" else self._found.constraints
            self.read(self._local(value, name), lines, depth + 1)
        elif option == "--editable" and value:
            into.append(self._requirement(value, name))
        elif option in _ADDRESSES and value:
            into.append(self._address(option, value, name))
        elif (option in _FLAGS and not value) or (option in _WORDS and re.fullmatch(r"[\w.,:-]+", value)):
            into.append(Line(f"{option} {value}".rstrip()))
        else:
            raise _Trouble("is an option that can't be used here")

    def _address(self, option: str, value: str, name: str) -> Line:
        if _NETWORK.fullmatch(value) and not value.lower().startswith("git+"):
            self._found.addresses = True
            return Line(f"{option} {value}")
        place = self._local(value, name)
        return Line(f"{option} " if option == "--find-links" else f"{option} file://", place)

    def _requirement(self, line: str, name: str) -> Line:
        hashes = _HASHES.search(line)
        bare = line[: hashes.start()] if hashes else line
        marker = (_MARKER_AFTER_ADDRESS if ":" in bare.partition(";")[0] else _MARKER).search(bare)
        bare = (bare[: marker.start()] if marker else bare).strip()
        after = (f" ; {marker['marker'].strip()}" if marker else "") + (hashes[0] if hashes else "")
        direct = _DIRECT.fullmatch(bare)
        extras = (direct and direct["extras"]) or ""
        place = direct["url"] if direct else bare
        if _NETWORK.fullmatch(place):
            self._found.addresses = True
            return Line(bare, after=after)
        if direct or "/" in bare or bare.startswith((".", "file:")) or bare.lower().endswith(_ARCHIVES):
            if not direct and (match := _EXTRAS.search(place)):
                extras, place = match[0], place[: match.start()].strip()
            path = self._local(place, name)
            return Line("", path, extras.replace(" ", "") + after, builds=not path.lower().endswith(".whl"))
        if _NAMED.fullmatch(bare) and not re.search(r"\s-", bare):
            return Line(bare, after=after)
        raise _Trouble("is not a requirement that can be understood")

    def _local(self, text: str, name: str) -> str:
        """Returns a path relative to the top of the source."""
        if " " in text:
            raise _Trouble("has blanks: a path must have none, and an option a line of its own")
        if text.lower().startswith("file:"):
            text = unquote(re.sub(r"^file:(//(localhost)?(?=/))?", "", text, flags=re.IGNORECASE))
        text = text.partition("#")[0]
        if "://" in text:
            raise _Trouble("has an address that is neither http(s), git+http(s), nor a path of the source")
        if text.startswith("/"):
            text = os.path.normpath(text)
            inside = next((top for top in _SOURCE_INSIDE if f"{text}/".startswith(f"{top}/")), None)
            if inside is None:
                raise _Trouble("names a file of this machine; put it into the source")
            candidates = [f".{text.removeprefix(inside)}"]
        else:
            candidates = [f"{os.path.dirname(name) or '.'}/{text}", text]
        found = next(filter(None, (resolve_beneath(self._source, each) for each in candidates)), None)
        if found is None:
            raise _Trouble("names a path that is not in the source, or lies outside of it")
        if not _PATH.fullmatch(found):
            raise _Trouble("names a path with blanks or special characters; rename it")
        return found


class _Trouble(Exception):
    """Returns what is wrong with a line, as the end of a sentence that begins with the line."""


def _lines(content: bytes, name: str) -> Iterator[str]:
    try:
        text = _decoded(content)
    except (UnicodeDecodeError, LookupError):
        raise BadRequirements(
            f"{name} is not text in UTF-8, and has no mark that says what it is in"
        ) from None
    if "\0" in text:
        raise BadRequirements(f"{name} is not text: it has a NUL character")
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = re.sub(r"\s+", " ", re.sub(r"(^|\s)#.*$", "", line)).strip()
        if len(line) > LONGEST_LINE:
            raise BadRequirements(f"{name} has a line of more than {LONGEST_LINE} characters")
        if line:
            yield line


def _split_option(line: str) -> tuple[str, str]:
    """Reads ``--name=value``, ``--name value``, ``-n value`` or ``-nvalue``; returns the long name."""
    if not line.startswith("--"):
        return _LONG.get(line[:2], line[:2]), line[2:].lstrip(" =")
    name, *rest = re.split(r" ?= ?| ", line, maxsplit=1)
    return name, "".join(rest)


def _decoded(content: bytes) -> str:
    """Decodes as pip does: by the byte order mark, else by a coding comment, else as UTF-8."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    for line in content.split(b"\n", 2)[:2]:
        if match := _CODING.match(line):
            return content.decode(match[1].decode("ascii"))
    return content.decode("utf-8")
