from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from clary.cli.commands import app
from clary.server.state import StateFolder
from clary.store.database import Database
from clary.store.records import Records


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CLARY_DATABASE", raising=False)
    state = StateFolder(tmp_path / "home")
    state.prepare()
    database = Database.at(state.database)
    Records(database, lambda: 1.0).insert("thing", "a", {"X": 1})
    database.close()
    return state.home


def clary(*arguments: object) -> tuple[int, str]:
    ended = CliRunner().invoke(app, [str(each) for each in arguments])
    return ended.exit_code, ended.output


def test_an_installation_moves_to_another_folder(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "everything"

    assert clary("export", file, "--home", home)[0] == 0
    assert file.stat().st_mode & 0o777 == 0o600, "it has the root keys"
    assert clary("import", file, "--home", tmp_path / "other")[0] == 0

    database = Database.at(tmp_path / "other" / "clary.db")
    assert Records(database, lambda: 1.0).get("thing", "a")["X"] == 1
    database.close()
    code, said = clary("import", file, "--home", tmp_path / "other")
    assert code == 1
    assert "not empty" in said


def test_a_running_server_and_files_that_are_there_are_left_alone(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "everything"
    with StateFolder(home).lock():
        code, said = clary("export", file, "--home", home)
    assert (code, "clary down" in said) == (1, True)

    file.write_text("mine")
    code, said = clary("export", file, "--home", home)
    assert (code, "exists already" in said) == (1, True)
    assert file.read_text() == "mine"
    assert clary("import", tmp_path / "nothing", "--home", tmp_path / "other")[0] == 1
