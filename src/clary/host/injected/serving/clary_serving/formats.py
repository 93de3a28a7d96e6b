"""Arrays from the body of a request and to the body of a response: JSON, CSV, NPY and NPZ, JSON lines."""

from __future__ import annotations

import io
import json

import numpy as np

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
NPY = "application/x-npy"
NPZ = "application/x-npz"
OCTET_STREAM = "application/octet-stream"
TEXT = "text/plain"
ANY = "*/*"
_AS_PYTHON_SAYS = "biufU"
"""Kinds of arrays whose values numpy and Python write the same way."""
UTF8_TYPES = (JSON, CSV)
"""Types whose bodies functions of the user get as text, as AWS's toolkits give them."""


class RefusedRequest(Exception):
    """What the caller sent can't be used. Becomes an answer with its status and its message."""

    status_code = 400


class UnsupportedFormat(RefusedRequest):
    """There is no way from or to a content type."""

    status_code = 415


def media_type(content_type: str) -> str:
    """Returns the type without its parameters: ``text/csv`` for ``text/csv; charset=utf-8``."""
    return content_type.partition(";")[0].strip().lower()


def accepted_types(accept: str) -> Iterator[str]:
    """Yields the types of an Accept header, in its order."""
    for each in accept.split(","):
        kind = media_type(each)
        if kind:
            yield kind


def decode(body: Any, content_type: str) -> Any:
    """Returns the array in a body. Raises UnsupportedFormat, and RefusedRequest for a malformed body."""
    kind = media_type(content_type)
    reader = _READERS.get(kind)
    if reader is None:
        raise UnsupportedFormat(
            "The content type {} can't be read here. Send {}, or give inference.py an input_fn that reads "
            "it.".format(content_type or "''", _listed(_READERS))
        )
    try:
        return reader(body)
    except (ValueError, TypeError, KeyError, EOFError, RecursionError, UnicodeDecodeError) as error:
        raise RefusedRequest("The body is not {}: {}".format(kind, error)) from error


def encode(value: Any, content_type: str) -> Any:
    """Returns a value as text (JSON, CSV, JSON lines) or bytes. Raises UnsupportedFormat."""
    kind = media_type(content_type)
    writer = _WRITERS.get(kind)
    if writer is None:
        raise UnsupportedFormat(
            "The answer can't be written as {}. Accept {}, or give inference.py an output_fn that writes "
            "it.".format(content_type or "''", _listed(_WRITERS))
        )
    return writer(value)


def encode_first(value: Any, accept: str) -> tuple[Any, str]:
    """Returns the value in the first type of an Accept header that can be written, and that type.

    Raises UnsupportedFormat when there is none.
    """
    for kind in accepted_types(accept):
        if kind in _WRITERS:
            return encode(value, kind), kind
    return encode(value, accept), accept


def as_text(body: Any) -> str:
    return bytes(body).decode("utf-8") if isinstance(body, (bytes, bytearray, memoryview)) else str(body)


def as_bytes(body: Any) -> bytes:
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)


def _from_csv(body: Any) -> Any:
    text = as_text(body)
    try:
        # Eight times as fast. It refuses what only genfromtxt reads, such as a field without a value.
        return np.loadtxt(io.StringIO(text), dtype=np.float32, delimiter=",")
    except ValueError:
        return np.genfromtxt(io.StringIO(text), dtype=np.float32, delimiter=",")


def _from_npz(body: Any) -> Any:
    import scipy.sparse  # type: ignore[import-not-found, import-untyped, unused-ignore]  # of the image

    return scipy.sparse.load_npz(io.BytesIO(as_bytes(body)))


def _from_json_lines(body: Any) -> Any:
    return np.array([json.loads(line) for line in as_text(body).splitlines() if line.strip()])


def _to_json(value: Any) -> str:
    return json.dumps(value, default=_plain)


def _to_csv(value: Any) -> str:
    array = np.atleast_1d(np.asarray(value))
    if array.dtype.kind not in _AS_PYTHON_SAYS or array.ndim > 2:
        stream = io.StringIO()
        np.savetxt(stream, array, delimiter=",", fmt="%s")
        return stream.getvalue()
    # A float32 as a number of Python would get digits that it does not have.
    rows = array if array.dtype == np.float32 or array.dtype == np.float16 else array.tolist()
    lines = [",".join(map(str, row)) for row in rows] if array.ndim == 2 else [str(row) for row in rows]
    return "\n".join([*lines, ""])


def _to_npy(value: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(value), allow_pickle=False)
    return stream.getvalue()


def _to_json_lines(value: Any) -> str:
    rows = value.tolist() if hasattr(value, "tolist") else value
    return "".join(_to_json(row) + "\n" for row in rows)


def _plain(value: Any) -> Any:
    """For JSON: an array or a number of numpy, or another value that can become a list."""
    for name in ("tolist", "to_dict"):
        if hasattr(value, name):
            return getattr(value, name)()
    raise TypeError("{} can't be written as JSON".format(type(value).__name__))


def _listed(types: Any) -> str:
    return ", ".join(sorted(types))


# Pickles are not read: an array of objects would run code of whoever sends it.
_READERS: dict[str, Callable[[Any], Any]] = {
    JSON: lambda body: np.array(json.loads(as_text(body))),
    CSV: _from_csv,
    NPY: lambda body: np.load(io.BytesIO(as_bytes(body)), allow_pickle=False),
    NPZ: _from_npz,
    JSON_LINES: _from_json_lines,
}
_WRITERS: dict[str, Callable[[Any], Any]] = {
    JSON: _to_json,
    CSV: _to_csv,
    NPY: _to_npy,
    JSON_LINES: _to_json_lines,
}
