from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.debugger.capture.conftest import DEFAULT, variables


def start(
    tmp_path: Path, script: str, hook: dict[str, object] | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    (tmp_path / "site").mkdir(exist_ok=True)
    (tmp_path / "site/xgboost.py").write_text("train = None\n")
    environment = {**variables(tmp_path, DEFAULT if hook is None else hook), **more}
    environment["PYTHONPATH"] += f":{tmp_path / 'site'}"
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )


NAMES = "print(*sorted(name for name in sys.modules if name.startswith('clary')))"


def test_before_a_framework_is_imported_almost_nothing_is_loaded(tmp_path: Path) -> None:
    ran = start(tmp_path, "import sys; " + NAMES + "; print('numpy' in sys.modules, 'typing' in sys.modules)")

    loaded, others = ran.stdout.splitlines()
    package = "clary.debugger.capture"
    assert loaded.split() == ["clary", "clary.debugger", package, f"{package}.boot", f"{package}.manual"]
    assert others == "False False"


@pytest.mark.parametrize("value", ["0", "false"])
def test_nothing_is_loaded_when_use_smdebug_is_off(value: str, tmp_path: Path) -> None:
    assert start(tmp_path, "import sys; " + NAMES, USE_SMDEBUG=value).stdout.strip() == ""


def test_a_script_may_import_the_debugger_where_nothing_is_captured(tmp_path: Path) -> None:
    script = (
        "from clary.debugger.capture import get_hook, save_scalar; save_scalar('x', 1); print(get_hook())"
    )

    assert start(tmp_path, script, USE_SMDEBUG="0").stdout.strip() == "None"


def test_a_framework_is_imported_even_if_hooking_it_fails(tmp_path: Path) -> None:
    ran = start(tmp_path, "import xgboost; print(xgboost.train)")

    assert ran.stdout.strip() == "None"
    assert ran.stderr.startswith("Clary debugger: xgboost is not captured")
    assert ran.stderr.count("\n") == 1


def test_the_import_of_a_missing_framework_fails_as_usual(tmp_path: Path) -> None:
    script = "try:\n import mxnet\nexcept ModuleNotFoundError as error: print(error, error.name)"

    assert start(tmp_path, script).stdout.strip() == "No module named 'mxnet' mxnet"


def test_asking_for_the_spec_of_a_framework_hooks_nothing(tmp_path: Path) -> None:
    script = "import sys, importlib.util as u; print(u.find_spec('xgboost').name); " + NAMES

    ran = start(tmp_path, script)

    assert ran.stdout.splitlines()[0] == "xgboost"
    assert "clary.debugger.capture.xgboost" not in ran.stdout
    assert ran.stderr == ""
