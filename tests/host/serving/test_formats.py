"""CSV is read and written as numpy's general functions do it, which are several times slower."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from clary.host.injected.serving.clary_serving import formats
from clary.host.injected.serving.clary_serving.frameworks import _xgboost_data

TEXTS = [
    "1,2\n3,4\n",
    "1\n2",
    "1,2,3",
    "5",
    " 1 ,\t2\r\n3,4\r\n",
    "1,,3\n4,5,6",
    "1,2\n\n3,4",
    "1,2 # two\n3,4",
    "# nothing\n1,2",
    "nan,inf,-inf,1e400",
    "1_000,2",
    "0x10,2",
    "a,2",
    "1e-5,2.50",
    "True,1",
    '"1",2',
    "1,2,",
]


def read_by(function: Any, text: str) -> Any:
    array = function(text)
    return array.shape, array.dtype, array.tobytes()


@pytest.mark.parametrize("text", TEXTS)
def test_csv_is_read_as_numpy_s_general_reader_does(text: str) -> None:
    def general(text: str) -> Any:
        return np.genfromtxt(io.StringIO(text), dtype=np.float32, delimiter=",")

    assert read_by(lambda text: formats.decode(text, formats.CSV), text) == read_by(general, text)


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(formats.RefusedRequest, match="The body is not text/csv"):
        formats.decode("1,2\n3", formats.CSV)


@pytest.mark.parametrize(
    "kind", ["float64", "float32", "float16", "longdouble", "int64", "uint8", "bool", "complex128", "U", "S"]
)
@pytest.mark.parametrize("shape", [(), (1,), (6,), (2, 3), (0,), (0, 3)])
def test_csv_is_written_as_numpy_s_general_writer_does(kind: str, shape: tuple[int, ...]) -> None:
    values = (
        np.array([0.1, 6e4 if kind == "float16" else 1e16, 1e-5, -0.0, 12345.678, 7.0])
        if kind[0] in "flc"
        else np.arange(6)
    )
    array = np.resize(values, shape).astype(kind)
    general = io.StringIO()
    np.savetxt(general, np.atleast_1d(array), delimiter=",", fmt="%s")

    assert formats.encode(array, formats.CSV) == general.getvalue()


def test_an_array_of_three_dimensions_is_no_csv() -> None:
    with pytest.raises(ValueError, match="Expected 1D or 2D array"):
        formats.encode(np.zeros((1, 1, 1)), formats.CSV)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("1;2", [[1, 2]]),
        ("1\n2", [[1], [2]]),
        ("1, ,3", [[1, np.nan, 3]]),
        (",\n1,2", [[np.nan, np.nan], [1, 2]]),
    ],
)
def test_xgboost_reads_rows_and_missing_fields(text: str, rows: list[list[float]]) -> None:
    found = _xgboost_data._csv(text, 0)

    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(rows, "float32"))


@pytest.mark.parametrize(("text", "told"), [("1,2\n3", "row 2 has 1 fields, row 1 has 2"), ("1,#", "'#'")])
def test_xgboost_tells_what_can_t_be_read(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        _xgboost_data._csv(text, 0)
