from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
import typer

from clary.cli.predict import body_of


def test_a_body_is_that_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"1,2\n3,4\n")

    assert body_of("csv", str(path)) == b"1,2\n3,4\n"


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\x93NUMPY")))

    assert body_of("npy", "-") == b"\x93NUMPY"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json", '{"inputs": [1, 2]}'),
        ("json", "[1, 2, 3]"),
        ("json", '"' + "a" * 5000 + '"'),
        ("csv", "1,2,3"),
        ("csv", "-1.5"),
        ("csv", "1\n2"),
    ],
)
def test_a_text_may_be_given_as_it_is(kind: str, text: str) -> None:
    assert body_of(kind, text) == text.encode()


@pytest.mark.parametrize(
    ("kind", "where"), [("json", "no_such.json"), ("csv", "rows"), ("npy", "1,2"), ("npy", "array.npy")]
)
def test_a_file_that_is_not_there_ends_the_command(
    kind: str, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        body_of(kind, where)
    assert f"--{kind} {where}: there is no such file" in capsys.readouterr().err
