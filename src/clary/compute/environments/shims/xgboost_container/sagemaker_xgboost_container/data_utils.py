"""Training data as XGBoost's DMatrix, from CSV, libsvm and Parquet files.

CSV has no header and its label first. libsvm counts features from 0, as XGBoost itself does.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import xgboost as xgb  # type: ignore[import-not-found, unused-ignore]

CSV, LIBSVM, PARQUET = "csv", "libsvm", "parquet"
_NAMES = {
    "csv": CSV,
    "text/csv": CSV,
    "libsvm": LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    "parquet": PARQUET,
    "application/x-parquet": PARQUET,
}


class DataError(ValueError):
    """Data that cannot be read; names the file and what was expected of it."""


def get_content_type(content_type: str | None) -> str:
    """``csv``, ``libsvm`` or ``parquet`` for a channel's content type; libsvm when there is none."""
    if not content_type:
        return LIBSVM
    name, *parameters = [part.strip().lower() for part in content_type.split(";")]
    label_size = next((text.partition("=")[2] for text in parameters if text.startswith("label_size")), "1")
    if name not in _NAMES or label_size != "1":
        raise DataError(
            f"the content type is {content_type!r}; it can be text/csv, text/libsvm or application/x-parquet"
        )
    return _NAMES[name]


def get_dmatrix(
    data_path: str | list[str], content_type: str | None, csv_weights: int = 0, is_pipe: bool = False
) -> Any:
    """The DMatrix of a file, or of all files below a folder; None when there are none.

    csv_weights: 1 when the column after the label holds weights. Raises DataError.
    """
    if is_pipe:
        raise DataError("Pipe mode is not read here; use File or FastFile mode")
    kind = get_content_type(content_type)
    files = data_files(data_path)
    if not files:
        return None
    if kind == LIBSVM:
        return _from_libsvm(files)
    table = _read_csv(files) if kind == CSV else _read_parquet(files)
    return _from_table(table, csv_weights == 1, files[0])


def data_files(data_path: str | list[str]) -> list[str]:
    """Files below the paths in order of their names, without hidden ones and markers such as _SUCCESS."""
    found = []
    for path in [data_path] if isinstance(data_path, str) else data_path:
        if os.path.isfile(path):
            found.append(path)
        for folder, _, names in sorted(os.walk(path)):
            found += [os.path.join(folder, name) for name in sorted(names) if not name.startswith((".", "_"))]
    return found


def _read_csv(files: list[str]) -> Any:
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]

    tables = []
    for path in files:
        with open(path, encoding="utf-8") as stream:
            first = stream.readline()
        delimiter = next((mark for mark in (",", "\t", ";", "|") if mark in first), ",")
        try:
            tables.append(pd.read_csv(path, header=None, sep=delimiter, dtype=np.float32))
        except ValueError as error:
            raise DataError(f"{path}: every value must be a number, without a header line: {error}") from None
        if tables[-1].shape[1] != tables[0].shape[1]:
            raise DataError(f"{path} has {tables[-1].shape[1]} columns; {files[0]} has {tables[0].shape[1]}")
    return np.concatenate([table.to_numpy() for table in tables])


def _read_parquet(files: list[str]) -> Any:
    import pandas as pd  # type: ignore[import-untyped, unused-ignore]

    return np.concatenate([pd.read_parquet(path).to_numpy(dtype=np.float32) for path in files])


def _from_table(table: Any, has_weights: bool, path: str) -> Any:
    first_feature = 2 if has_weights else 1
    if table.shape[1] <= first_feature:
        raise DataError(f"{path} has {table.shape[1]} columns; the label comes first and features after it")
    weights = table[:, 1] if has_weights else None
    if np.isnan(table[:, 0]).any():
        raise DataError(f"{path}: a label is missing; it is the first column")
    return xgb.DMatrix(table[:, first_feature:], label=table[:, 0], weight=weights)


def _from_libsvm(files: list[str]) -> Any:
    import scipy.sparse  # type: ignore[import-untyped, unused-ignore]
    from sklearn.datasets import (  # type: ignore[import-untyped, unused-ignore]
        load_svmlight_files,
    )

    try:
        loaded = load_svmlight_files(files, dtype=np.float32, zero_based=True, query_id=True)
    except ValueError as error:
        raise DataError(f"{files[0]}: lines must be '<label> <feature>:<value> ...': {error}") from None
    features, labels, groups = loaded[0::3], loaded[1::3], loaded[2::3]
    matrix = xgb.DMatrix(scipy.sparse.vstack(features, format="csr"), label=np.concatenate(labels))
    group_ids = np.concatenate(groups)
    if len(group_ids) == matrix.num_row() and len(np.unique(group_ids)) > 1:
        matrix.set_info(qid=group_ids)
    return matrix
