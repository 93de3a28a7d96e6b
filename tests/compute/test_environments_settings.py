"""Settings of the machine: pip's configuration, interpreters, requirements files, output of uv."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from clary.compute.environments.installer import Progress, explain, read_line
from clary.compute.environments.interpreters import find_interpreters
from clary.compute.environments.locks import locked
from clary.compute.environments.pip_settings import pip_settings, uv_options, uv_variables
from clary.compute.environments.readable import outermost

if TYPE_CHECKING:
    from pathlib import Path


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_pips_files_and_variables_become_uvs(tmp_path: Path) -> None:
    text = "[global]\nindex-url = https://mirror.example.com/simple\nextra-index-url = file:///a/simple\n  file:///b\n"
    _write(
        tmp_path / ".config/pip/pip.conf", text + "trusted-host = mirror.example.com\ncert = /certs/ca.pem\n"
    )

    said = uv_variables({"PIP_FIND_LINKS": "/wheels /more"}, home=tmp_path, site=tmp_path / "site")

    assert said == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://mirror.example.com/simple",
        "UV_INDEX": "file:///a/simple file:///b",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "mirror.example.com",
        "SSL_CERT_FILE": "/certs/ca.pem",
    }


def test_a_variable_is_stronger_than_a_file_and_install_than_global(tmp_path: Path) -> None:
    _write(
        tmp_path / ".pip/pip.conf",
        "[global]\ntimeout = 5\nfind-links = /global\n[install]\nfind_links = /install\n",
    )

    settings = pip_settings({"PIP_TIMEOUT": "90"}, home=tmp_path, site=tmp_path / "site")

    assert settings["timeout"] == "90"
    assert settings["find-links"] == "/install"


def test_the_file_that_is_named_replaces_the_users_own(tmp_path: Path) -> None:
    _write(tmp_path / ".pip/pip.conf", "[global]\nfind-links = /own\n")
    named = _write(tmp_path / "named.conf", "[global]\nno-index = true\n")
    environ = {"PIP_CONFIG_FILE": str(named)}

    assert "find-links" not in pip_settings(environ, home=tmp_path, site=tmp_path / "site")
    assert uv_options(environ, home=tmp_path, site=tmp_path / "site") == ["--no-index"]
    assert uv_options({"PIP_CONFIG_FILE": os.devnull}, home=tmp_path, site=tmp_path / "site") == []


@pytest.mark.parametrize("own", ["variable", "file"])
def test_indexes_set_for_uv_itself_are_left_alone(tmp_path: Path, own: str) -> None:
    environ = {"PIP_INDEX_URL": "https://pip.example.com", "PIP_NO_INDEX": "1"}
    if own == "variable":
        environ["UV_INDEX"] = "https://uv.example.com"
    else:
        _write(tmp_path / ".config/uv/uv.toml", '[[index]]\nurl = "https://uv.example.com"\n')

    assert "UV_DEFAULT_INDEX" not in uv_variables(environ, home=tmp_path, site=tmp_path / "site")
    assert uv_options(environ, home=tmp_path, site=tmp_path / "site") == []


def test_a_broken_pip_file_is_passed_over(tmp_path: Path) -> None:
    _write(tmp_path / ".pip/pip.conf", "find-links = without a section\n")

    assert "find-links" not in pip_settings({}, home=tmp_path, site=tmp_path / "site")


def test_interpreters_are_found_by_where_they_lie_without_shims(tmp_path: Path) -> None:
    for place in (
        "pyenv/versions/3.9.1/bin/python3.9",
        "pyenv/versions/3.9.18/bin/python3.9",
        "pyenv/versions/2.7.18/bin/python2.7",
        "pyenv/versions/3.7.16/bin/python3.7",
        "pyenv/shims/python3.13",
        "bin/python3.14",
        "bin/python3.14-config",
        ".local/share/uv/python/cpython-3.12.4-linux-x86_64-gnu/bin/python3.12",
    ):
        _write(tmp_path / place, "").chmod(0o755)
    environ = {
        "PYENV_ROOT": str(tmp_path / "pyenv"),
        "PATH": f"{tmp_path}/pyenv/shims:{tmp_path}/bin:{tmp_path}/no",
    }

    found = find_interpreters(environ, home=tmp_path)

    assert {"3.9", "3.12", "3.14"} <= set(found)
    assert not {"2.7", "3.7", "3.13"} & set(found)
    assert found["3.9"] == tmp_path / "pyenv/versions/3.9.18/bin/python3.9"


def test_uvs_output_becomes_progress() -> None:
    sizes: dict[str, int] = {}
    progress = Progress("start")
    for line in (
        "Using Python 3.11.7 environment at: v",
        "Resolved 3 packages in 504ms",
        "Downloading scipy (2.0MiB)",
        "Downloading xgboost (1.0MiB)",
        " Downloaded scipy",
    ):
        progress = read_line(progress, line, sizes)

    assert (progress.done, progress.total) == (1, 3)
    assert (progress.done_bytes, progress.total_bytes) == (2 << 20, 3 << 20)
    assert progress.text == "downloaded scipy"
    assert read_line(progress, "Prepared 3 packages in 1.30s", sizes).done == 3


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("error: failed to write: No space left on device (os error 28)", "The disk is full"),
        ("  cause: dns error", "The package index did not answer"),
        ("error: No solution found when resolving dependencies", "Ask for another version"),
        ("error: Failed to build `x`", "did not compile"),
        ("error: something new", "clary doctor"),
    ],
)
def test_a_failure_ends_with_what_to_do(line: str, advice: str) -> None:
    told = explain(["Using Python 3.11", line])

    assert told.startswith(line)
    assert advice in told.splitlines()[-1]


def test_a_lock_is_held_while_a_child_of_a_dead_builder_lives(tmp_path: Path) -> None:
    class StillHeld(Exception):
        pass

    def refuse() -> None:
        raise StillHeld

    with locked(tmp_path / "lock", on_wait=refuse) as descriptor:
        inherited = os.dup(descriptor)

    with pytest.raises(StillHeld), locked(tmp_path / "lock", on_wait=refuse):
        pytest.fail("two builders at once")
    os.close(inherited)
    with locked(tmp_path / "lock", on_wait=refuse):
        pass


def test_folders_to_read_leave_out_what_is_covered(tmp_path: Path) -> None:
    prefix = tmp_path / "env"
    folders = [
        prefix / "lib",
        tmp_path / "py",
        tmp_path / "py" / "lib",
        tmp_path / "usr",
        *map(tmp_path.joinpath, ()),
    ]

    assert outermost(folders, inside=prefix) == (str(tmp_path / "py"), str(tmp_path / "usr"))
