"""Parses a form of multipart/form-data while it arrives: fields first, then one file."""

from __future__ import annotations

import logging

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from clary.services.s3._errors import S3Error, invalid_argument

# It logs a warning for each malformed form. The client gets an error; the log needs no line.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

FIELDS_LIMIT_BYTES = 20 << 10
"""The limit for all fields before the file, with their headers."""


class FormParts:
    """Collects the fields, by names in lower case, and the file's bytes as they arrive. For one thread."""

    def __init__(self, boundary: bytes) -> None:
        self.fields: dict[str, str] = {}
        self.file_name = ""
        self.at_file = False
        self.ended = False
        self._file: list[bytes] = []
        self._into: list[bytes] | None = None
        self._name = ""
        self._header: tuple[list[bytes], list[bytes]] = ([], [])
        self._disposition = b""
        self._size = 0
        if not boundary:
            raise malformed()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": lambda data, start, end: self._take_header(0, data[start:end]),
                    "on_header_value": lambda data, start, end: self._take_header(1, data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_content,
                    "on_part_data": lambda data, start, end: self._take(data[start:end]),
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise malformed() from None

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError:
            raise malformed() from None

    def taken(self) -> list[bytes]:
        """Returns the bytes of the file that arrived since the last call."""
        taken, self._file[:] = list(self._file), []
        return taken

    def _begin_part(self) -> None:
        self._disposition = b""

    def _take_header(self, side: int, data: bytes) -> None:
        self._count(len(data))
        self._header[side].append(data)

    def _end_header(self) -> None:
        name, value = (b"".join(side) for side in self._header)
        self._header = ([], [])
        if name.lower() == b"content-disposition":
            self._disposition = value

    def _begin_content(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = _text(options.get(b"name", b"")).lower()
        if self.at_file:
            self._into = None
        elif self._name == "file":
            self.at_file, self._into = True, self._file
            self.file_name = _text(options.get(b"filename", b"")).replace("\\", "/").rpartition("/")[2]
        else:
            self._into = []

    def _take(self, data: bytes) -> None:
        if not self.at_file:
            self._count(len(data))
        if self._into is not None:
            self._into.append(data)

    def _end_part(self) -> None:
        if not self.at_file and self._into is not None:
            self.fields.setdefault(self._name, _text(b"".join(self._into)))
        self._into = None

    def _end(self) -> None:
        self.ended = True

    def _count(self, size_bytes: int) -> None:
        self._size += size_bytes
        if self._size > FIELDS_LIMIT_BYTES:
            raise S3Error(
                "MaxPostPreDataLengthExceeded",
                "Your POST request fields preceding the upload file were too large.",
                MaxPostPreDataLengthBytes=FIELDS_LIMIT_BYTES,
            )


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise invalid_argument("form", "", "The fields of a form have to be UTF-8") from None


def malformed() -> S3Error:
    return S3Error(
        "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data."
    )
