"""A DMatrix from the body of a request: CSV, libsvm, or RecordIO with protobuf records."""

from __future__ import annotations

from .. import formats
from ..formats import RefusedRequest, UnsupportedFormat
from ..recordio import records_of, row_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LIBSVM = "text/libsvm"
OLD_LIBSVM = "text/x-libsvm"
RECORDIO = "application/x-recordio-protobuf"


def matrix(body: Any, content_type: str, width: int) -> Any:
    """Returns the rows of a body. width: how many features the model has; 0: unknown.

    Raises UnsupportedFormat, and RefusedRequest for a body of another form.
    """
    kind = formats.media_type(content_type)
    readers = {formats.CSV: _csv, LIBSVM: _libsvm, OLD_LIBSVM: _libsvm, RECORDIO: _recordio}
    if kind in (formats.JSON, formats.NPY):
        return _matrix(_two_dimensions(formats.decode(body, kind)))
    if kind not in readers:
        raise UnsupportedFormat(
            "The content type {} can't be read here. Send {}, {} or {}, or give the serving script an "
            "input_fn.".format(content_type, formats.CSV, LIBSVM, RECORDIO)
        )
    if not body:
        raise RefusedRequest("The body is empty")
    try:
        return _matrix(readers[kind](body, width))
    except (ValueError, IndexError, OverflowError) as error:
        raise RefusedRequest("The body is not {}: {}".format(kind, error)) from error


def _matrix(rows: Any) -> Any:
    import numpy as np
    import xgboost  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return xgboost.DMatrix(rows, missing=np.nan)


def _two_dimensions(array: Any) -> Any:
    return array.reshape(1, -1) if array.ndim == 1 else array


def _csv(body: Any, width: int) -> Any:
    """A field that is empty is missing."""
    import numpy as np

    lines = [line for line in formats.as_text(body).splitlines() if line.strip()]
    if not lines:
        return np.array([], dtype="float32")
    delimiter = next((each for each in (",", "\t", ";", "|") if each in lines[0]), ",")
    try:
        # Much faster. It refuses what the lines below read or explain, such as an empty field.
        return np.loadtxt(lines, dtype="float32", delimiter=delimiter, comments=None, ndmin=2)
    except ValueError:
        pass
    rows = [[field.strip() or "nan" for field in line.split(delimiter)] for line in lines]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise ValueError("row {} has {} fields, row 1 has {}".format(number, len(row), len(rows[0])))
    return np.array(rows, dtype="float32")


def _libsvm(body: Any, width: int) -> Any:
    """Lines of ``index:value``, each with or without a label before them."""
    values: list[float] = []
    columns: list[int] = []
    starts = [0]
    for line in formats.as_text(body).splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        for word in words[0 if ":" in words[0] else 1 :]:
            index, found, value = word.partition(":")
            if not found:
                raise ValueError("{!r} is not index:value".format(word))
            if index == "qid":
                continue
            columns.append(int(index))
            values.append(float(value))
        starts.append(len(columns))
    return _sparse(values, columns, starts, width)


def _recordio(body: Any, width: int) -> Any:
    values: list[float] = []
    columns: list[int] = []
    starts = [0]
    for record in records_of(formats.as_bytes(body)):
        row = row_of(record)
        keys = row.keys or list(range(len(row.values)))
        if len(keys) != len(row.values):
            raise ValueError("a record has {} keys for {} values".format(len(keys), len(row.values)))
        values += row.values
        columns += keys
        starts.append(len(columns))
    return _sparse(values, columns, starts, width)


def _sparse(values: Any, columns: Any, starts: Any, width: int) -> Any:
    import numpy as np
    import scipy.sparse  # type: ignore[import-not-found, import-untyped, unused-ignore]

    if columns and not 0 <= min(columns) <= max(columns) < 1 << 31:
        raise ValueError("an index is out of range")
    found = max(columns) + 1 if columns else 0
    shape = (len(starts) - 1, max(found, width))
    return scipy.sparse.csr_matrix((np.array(values, dtype="float32"), columns, starts), shape=shape)
