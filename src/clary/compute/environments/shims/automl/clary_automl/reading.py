"""Tables from the files of a channel: CSV with or without a header, also gzipped, and Parquet.

All values are texts until a schema says what they are; missing ones are NaN. So ``007`` stays what it was.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import zlib
from typing import IO, Any

import pandas as pd

from .trouble import BadInput

PARQUET = "x-application/vnd.amazon+parquet"
GZIP_START, PARQUET_START = b"\x1f\x8b", b"PAR1"
MOST_COLUMNS = 4096


def read_table(folder: str, content_type: str = "text/csv;header=present", what: str = "training") -> Any:
    """Returns the rows of all files below a folder as one DataFrame of texts. Raises BadInput."""
    paths = data_files(folder)
    if not paths:
        raise BadInput(
            f"The {what} data are empty: there is no file with content. Check the S3Uri of the channel."
        )
    header = "header=absent" not in content_type.replace(" ", "").lower()
    tables = [
        _read(path, os.path.relpath(path, folder), header=header, content_type=content_type) for path in paths
    ]
    first, first_path = tables[0], os.path.relpath(paths[0], folder)
    for path, table in zip(paths, tables, strict=True):
        if set(table.columns) != set(first.columns):
            _refuse_other_columns(first_path, first, os.path.relpath(path, folder), table)
    table = pd.concat([table[list(first.columns)] for table in tables], ignore_index=True)
    if not len(table):
        raise BadInput(f"The {what} data are empty: there is a header but no row.")
    return table


def data_files(folder: str) -> list[str]:
    """Returns the files with content below a folder, without those that Hadoop and Spark leave."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        paths = [os.path.join(root, name) for name in sorted(names) if not name.startswith((".", "_"))]
        found += [path for path in paths if os.path.basename(path) != "schema.json" and os.path.getsize(path)]
    return found


def _read(path: str, name: str, *, header: bool, content_type: str) -> Any:
    try:
        with open(path, "rb") as file:
            start = file.read(4)
            file.seek(0)
            if start == PARQUET_START:
                return _from_parquet(file, name)
            if content_type.strip().lower() == PARQUET:
                raise BadInput(f"The file {name} is not Parquet, which its ContentType says. Is it text/csv?")
            if start[:2] == GZIP_START:
                with gzip.open(file) as unpacked:
                    return _from_csv(unpacked, name, header=header)  # type: ignore[arg-type]
            return _from_csv(file, name, header=header)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"The file {name} is not whole gzip data: {error}") from None


def _from_parquet(file: IO[bytes], name: str) -> Any:
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise BadInput(f"The file {name} can't be read as Parquet: {error}") from None
    table.columns = [str(column) for column in table.columns]
    _check_columns(list(table.columns), name)
    return as_texts(table)


def _from_csv(file: IO[bytes], name: str, *, header: bool) -> Any:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        columns = next((row for row in csv.reader(_first_lines(text)) if row), [])
        if not columns:
            raise BadInput(f"The file {name} has no row.")
        columns = (
            [column.strip() for column in columns] if header else [f"_c{i}" for i in range(len(columns))]
        )
        _check_columns(columns, name)
        text.seek(0)
        return pd.read_csv(
            text,
            header=0 if header else None,
            names=columns,
            dtype=str,
            index_col=False,
            skipinitialspace=True,
            on_bad_lines="error",
        )
    except UnicodeDecodeError as error:
        raise BadInput(
            f"The file {name} is not text in UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8."
        ) from None
    except (pd.errors.ParserError, csv.Error) as error:
        raise BadInput(f"The file {name} can't be read as CSV: {str(error).strip()}") from None


def _first_lines(text: io.TextIOWrapper) -> Any:
    """Yields lines through ``readline``: after an iteration the stream could not be rewound."""
    while line := text.readline(1 << 20):
        yield line


def _check_columns(columns: list[str], name: str) -> None:
    if len(columns) == 1:
        mark = next((mark for mark in (";", "\t", "|") if mark in columns[0]), "")
        if mark:
            raise BadInput(f"The file {name} seems to be separated by {mark!r}; save it separated by commas.")
        raise BadInput(f"The file {name} has one column; a target and at least one more are needed.")
    if len(columns) > MOST_COLUMNS:
        raise BadInput(f"The file {name} has {len(columns)} columns; at most {MOST_COLUMNS} can be used.")
    seen: set[str] = set()
    for position, column in enumerate(columns):
        if not column:
            raise BadInput(f"Column {position + 1} of the file {name} has no name. Has the file a header?")
        if column in seen:
            raise BadInput(f"The column name {column!r} stands twice in the file {name}.")
        seen.add(column)


def _refuse_other_columns(first: str, table: Any, other: str, found: Any) -> None:
    lacks = [repr(column) for column in table.columns if column not in set(found.columns)][:5]
    more = [repr(column) for column in found.columns if column not in set(table.columns)][:5]
    said = [f"lacks {', '.join(lacks)}"] * bool(lacks) + [f"has also {', '.join(more)}"] * bool(more)
    raise BadInput(f"The file {other} has other columns than {first}: it {' and '.join(said)}.")


def as_texts(table: Any) -> Any:
    """Returns a typed table as texts, with NaN for what is missing."""
    texts = {}
    for column in table.columns:
        values = table[column]
        if pd.api.types.is_datetime64_any_dtype(values):
            text = values.map(lambda each: each.isoformat(), na_action="ignore")
        else:
            text = values.map(_text, na_action="ignore")
        texts[column] = text.astype(object).where(values.notna())
    return pd.DataFrame(texts, columns=table.columns)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)
