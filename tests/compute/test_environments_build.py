"""Real environments, built by uv from wheels that the test makes, without an index."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clary.compute.environments import EnvironmentBuildFailed, Environments, MachineSupply, Progress, Recipe
from clary.compute.environments.installer import uv_environment
from clary.compute.environments.layer import add_layer
from clary.compute.environments.recipe import InstallStep
from clary.compute.environments.requirements import BadRequirements
from clary.host.bounds import Limits
from clary.host.sandbox import SandboxKind, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.domain.hosts import EnvironmentSpec

DELTA = "delta-1.0-py3-none-any.whl"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only source in the user's pip configuration."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nfind-links = {folder}\nno-index = true\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    for version in ("1.0", "2.0"):
        _make_wheel(folder, "alpha", version)
    _make_wheel(folder, "beta", "1.0", requires="alpha")
    return folder


@pytest.fixture(params=[SandboxKind.BUBBLEWRAP, SandboxKind.UNSHARE], ids=lambda kind: str(kind.value))
def code(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The top folder of a source. It is built in each kind of sandbox that works here."""
    kind: SandboxKind = request.param
    if probe((kind,)).kind is not kind:
        pytest.skip(f"{kind.value} does not work on this machine; `clary doctor` says why")
    monkeypatch.setenv("CLARY_SANDBOX", kind.value)
    folder = tmp_path / "code"
    folder.mkdir()
    return folder


@pytest.fixture
def environments(tmp_path: Path, wheels: Path) -> Environments:
    return Environments(tmp_path / "root")


def test_a_build_gives_a_python_with_its_packages(environments: Environments) -> None:
    told: list[Progress] = []

    spec = environments.build(_recipe("alpha==1.0"), told.append)

    assert _run(spec, "import alpha; print(alpha.VERSION)") == "1.0"
    assert told[-1].total == 1
    assert told[-1].done == 1
    assert spec.variables == {"COLOUR": "blue"}
    assert spec.layer_builder[-2:] == ("--base", spec.name)


def test_what_a_python_needs_to_read_lies_in_the_named_folders(environments: Environments) -> None:
    spec = environments.build(_recipe("alpha"), _ignore)

    loaded = _run(spec, "import sys, os; print([os.path.realpath(p) for p in sys.path if os.path.isdir(p)])")
    allowed = (*spec.readable, str(Path(spec.prefix).resolve()), "/usr", "/lib")
    assert all(path.startswith(allowed) for path in json.loads(loaded.replace("'", '"')))
    assert (
        Path(_run(spec, "import sys, os; print(os.path.realpath(sys.executable))"))
        .as_posix()
        .startswith(allowed)
    )


def test_an_environment_is_found_only_once_it_is_built(environments: Environments) -> None:
    recipe = _recipe("alpha")
    assert environments.find(recipe) is None

    built = environments.build(recipe, _ignore)

    assert environments.find(recipe) == built
    assert environments.build(recipe, _refuse_to_hear) == built


def test_builds_of_one_key_at_once_build_once(environments: Environments) -> None:
    recipe = _recipe("alpha")
    told: list[str] = []
    found: list[EnvironmentSpec] = []

    def build() -> None:
        found.append(environments.build(recipe, lambda progress: told.append(progress.text)))

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len({spec.prefix for spec in found}) == 1
    assert sum(text.startswith("installed") for text in set(told)) == 1
    assert environments.installed()[0].key == recipe.key


def test_a_failing_build_says_what_uv_said_and_what_to_do(environments: Environments) -> None:
    with pytest.raises(EnvironmentBuildFailed) as caught:
        environments.build(_recipe("alpha==7.0"), _ignore)

    assert "alpha==7.0" in str(caught.value)
    assert "Ask for another version" in str(caught.value)
    assert environments.installed() == []


def test_a_build_can_be_cancelled_and_tried_again(environments: Environments, tmp_path: Path) -> None:
    class Cancelled(Exception):
        pass

    def cancel(progress: Progress) -> None:
        if progress.total:
            raise Cancelled

    recipe = _recipe("alpha")
    with pytest.raises(Cancelled):
        environments.build(recipe, cancel)

    assert not (tmp_path / "root" / "envs" / recipe.key).exists()
    assert _run(environments.build(recipe, _ignore), "import alpha; print('there')") == "there"


def test_what_a_killed_build_left_behind_is_cleared(environments: Environments, tmp_path: Path) -> None:
    recipe = _recipe("alpha")
    half_built = tmp_path / "root" / "envs" / recipe.key
    (half_built / "bin").mkdir(parents=True)
    (half_built / "bin" / "python").write_text("broken")

    assert environments.find(recipe) is None
    assert _run(environments.build(recipe, _ignore), "import alpha; print('there')") == "there"


def test_files_are_shared_with_the_cache(environments: Environments) -> None:
    spec = environments.build(_recipe("alpha"), _ignore)

    module = next(Path(spec.prefix).rglob("alpha.py"))
    assert module.stat().st_nlink > 1


def test_shims_do_not_write_through_shared_files(environments: Environments, wheels: Path) -> None:
    _make_wheel(wheels, "sagemaker_training", "5.0")
    with_shim = Recipe("tiny", "1", PYTHON, (InstallStep(("sagemaker_training",)),), shims=("script_mode",))

    shimmed = environments.build(with_shim, _ignore)
    plain = environments.build(_recipe("sagemaker_training"), _ignore)

    assert "Clary" in _run(shimmed, "import sagemaker_training; print(sagemaker_training.__doc__)")
    assert _run(plain, "import sagemaker_training; print(sagemaker_training.VERSION)") == "5.0"


def test_an_environment_is_listed_and_removed(environments: Environments) -> None:
    spec = environments.build(_recipe("alpha"), _ignore)

    listed = environments.installed()
    assert [(one.key, one.family, one.base) for one in listed] == [(spec.name, "tiny", "")]
    assert listed[0].size_bytes > 0

    assert environments.remove(spec.name)
    assert not environments.remove(spec.name)
    assert environments.installed() == []


@pytest.mark.parametrize("key", ["", "..", "../other", "/etc"])
def test_no_key_leaves_the_folder_of_environments(environments: Environments, key: str) -> None:
    with pytest.raises(ValueError, match="not the key"):
        environments.remove(key)


def test_a_layer_adds_requirements_and_leaves_its_base_alone(
    environments: Environments, tmp_path: Path
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    requirements = _requirements(tmp_path, "beta\n")

    layer = add_layer(environments.root, base.name, requirements, _ignore)

    assert _run(layer, "import alpha, beta; print(alpha.VERSION, beta.VERSION)") == "1.0 1.0"
    assert _run(base, "import importlib.util; print(importlib.util.find_spec('beta'))") == "None"
    assert layer.variables == base.variables
    assert environments.installed()[0].base == base.name


def test_the_same_requirements_again_are_there_at_once(environments: Environments, tmp_path: Path) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    first = add_layer(environments.root, base.name, _requirements(tmp_path, "beta\n"), _ignore)

    other_file = _requirements(tmp_path / "elsewhere", "# the same\nbeta\n")

    assert add_layer(environments.root, base.name, other_file, _refuse_to_hear) == first


def test_the_commands_of_a_layer_run_its_own_python(environments: Environments, tmp_path: Path) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    layer = add_layer(environments.root, base.name, _requirements(tmp_path, "beta\n"), _ignore)

    said = subprocess.run([f"{layer.prefix}/bin/alpha-where"], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == layer.prefix


def test_a_layer_may_replace_what_its_base_pins(environments: Environments, tmp_path: Path) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)

    layer = add_layer(environments.root, base.name, _requirements(tmp_path, "alpha==2.0\n"), _ignore)

    assert _run(layer, "import alpha; print(alpha.VERSION)") == "2.0"
    assert _run(base, "import alpha; print(alpha.VERSION)") == "1.0"


def test_certificates_may_be_named_as_a_file_and_its_folder(
    environments: Environments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = tmp_path / "certs"
    certificates.mkdir()
    (certificates / "all.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "all.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(certificates))
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    _make_source(tmp_path / "code" / "gamma", looks_for=[])

    layer = add_layer(environments.root, base.name, _requirements(tmp_path / "code", "-e ./gamma\n"), _ignore)

    assert _run(layer, "import gamma; print(gamma.SEEN)") == "[]"


# What users bring: it is built, and installed, in a closed room


def test_a_folder_of_the_source_is_built_where_it_sees_nothing(
    environments: Environments, code: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    (tmp_path / "state").write_text("secret")
    other = environments.root / "builds/other"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("UV_INDEX", "https://user:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("UV_INDEX_PRIVATE_PASSWORD", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@127.0.0.1:9")
    _make_source(code / "gamma", looks_for=[tmp_path / "state", environments.root / "uv-cache", other])

    with _at_work(other):
        layer = add_layer(environments.root, base.name, _requirements(code, "-e ./gamma\n"), _ignore)

    assert _run(layer, "import gamma; print(gamma.SEEN)") == "[]"
    assert next(Path(layer.prefix).rglob("alpha.py")).stat().st_nlink > 1
    assert sorted(path.name for path in code.rglob("*")) == [
        "backend.py", "gamma", "pyproject.toml", "requirements.txt",
    ]  # fmt: skip


def test_no_line_of_a_requirements_file_is_kept(environments: Environments, code: Path) -> None:
    """Every build could read the notes of all builds before it, for ever."""
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    (environments.root / "notes").mkdir()
    (environments.root / "notes/old.txt").write_text("secret of an earlier job")

    add_layer(environments.root, base.name, _requirements(code, "beta  # secret\n"), _ignore)
    with pytest.raises(EnvironmentBuildFailed):
        add_layer(environments.root, base.name, _requirements(code, "secret-package\n"), _ignore)

    assert not (environments.root / "notes").exists()
    assert list((environments.root / "builds").iterdir()) == []


def test_a_source_that_is_a_project_is_installed(environments: Environments, code: Path) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    _make_source(code, looks_for=[])

    layer = add_layer(environments.root, base.name, code / "requirements.txt", _ignore, project=True)
    without = add_layer(environments.root, base.name, code / "requirements.txt", _ignore)

    assert _run(layer, "import gamma; print(gamma.SEEN)") == "[]"
    assert without == base


@pytest.mark.parametrize("lines", ["-e .\n", ".\n", "-e .[extra]\n", "./\n/opt/ml/code\n"])
def test_a_project_that_asks_for_itself_is_built_once(
    environments: Environments, code: Path, lines: str
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    _make_source(code, looks_for=[])
    told: list[str] = []

    layer = add_layer(
        environments.root,
        base.name,
        _requirements(code, lines),
        lambda p: told.append(p.text),
        project=True,
    )

    assert _run(layer, "import gamma; print(gamma.SEEN)") == "[]"
    # Progress is repeated twice a second while a build goes on.
    begun = [text for text, _ in itertools.groupby(told)]
    assert begun.count("building the source itself") == 1


def test_a_described_project_that_can_not_be_built_does_not_cost_its_requirements(
    environments: Environments, code: Path
) -> None:
    """setuptools is not among the wheels here, so the build fails."""
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    (code / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\n")
    told: list[str] = []

    layer = add_layer(
        environments.root,
        base.name,
        _requirements(code, "beta\n"),
        lambda p: told.append(p.text),
        project=True,
    )

    assert _run(layer, "import beta; print(beta.VERSION)") == "1.0"
    assert any("the source itself is not installed" in text for text in told)


@pytest.mark.parametrize(
    "lines",
    [
        "./wheels/delta-1.0-py3-none-any.whl\n",
        "-f wheels\ndelta\n",
        "--extra-index-url file:///opt/ml/code/index\ndelta\n",
        "delta @ file:///opt/ml/code/wheels/delta-1.0-py3-none-any.whl ; python_version > '3'\r\n",
    ],
)
def test_wheels_and_indexes_in_the_source_are_used(
    environments: Environments, code: Path, lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    monkeypatch.setenv("PIP_NO_INDEX", "false")
    for folder in ("wheels", "index/delta"):
        (code / folder).mkdir(parents=True)
        _make_wheel(code / folder, "delta", "1.0")
    (code / "index/delta/index.html").write_text("<a href='delta-1.0-py3-none-any.whl'>delta</a>")
    if "--extra-index-url" in lines:
        lines += "--index-url file:///opt/ml/code/index\n"

    layer = add_layer(environments.root, base.name, _requirements(code, lines), _ignore)

    assert _run(layer, "import delta; print(delta.VERSION)") == "1.0"


def test_a_wheel_that_holds_files_of_others_changes_this_layer_alone(
    environments: Environments, code: Path
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    _make_wheel(code, "delta", "1.0", files={"alpha.py": "VERSION = 'stolen'"})

    layer = add_layer(
        environments.root, base.name, _requirements(code, "./delta-1.0-py3-none-any.whl\n"), _ignore
    )

    assert _run(layer, "import alpha; print(alpha.VERSION)") == "stolen"
    assert _run(base, "import alpha; print(alpha.VERSION)") == "1.0"


def test_an_index_of_the_network_leads_to_no_file_of_this_machine(
    environments: Environments, code: Path, tmp_path: Path
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    (tmp_path / "private").mkdir()
    _make_wheel(tmp_path / "private", "delta", "1.0")
    page = f"<a href='file://{tmp_path}/private/delta-1.0-py3-none-any.whl'>delta-1.0-py3-none-any.whl</a>"

    with _index(page) as address:
        lines = f"--find-links {address}\ndelta\n"
        with pytest.raises(EnvironmentBuildFailed):
            add_layer(environments.root, base.name, _requirements(code, lines), _ignore)


def test_what_only_an_index_has_as_source_is_built_on_a_copy(
    environments: Environments, code: Path, wheels: Path
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    # With a forged marker a package could make further files of this machine readable for jobs.
    layers = f"{environments.root}/envs/*+*"
    _make_source(code / "gamma-1.0", looks_for=[environments.root / "uv-cache"], markers=layers)
    (code / "gamma-1.0/PKG-INFO").write_text("Metadata-Version: 2.1\nName: gamma\nVersion: 1.0\n")
    with tarfile.open(wheels / "gamma-1.0.tar.gz", "w:gz") as archive:
        archive.add(code / "gamma-1.0", "gamma-1.0")

    layer = add_layer(environments.root, base.name, _requirements(code, "gamma\n"), _ignore)

    assert _run(layer, "import gamma; print(gamma.SEEN)") == "[]"
    assert next(Path(layer.prefix).rglob("alpha.py")).stat().st_nlink == 1


HOG = "held = [bytearray(b'x' * (1 << 20)) for _ in range(600)]; import time; time.sleep(60)"
FILL = "open(f'{folder}/x', 'wb').write(b'x' * (64 << 20)); import time; time.sleep(60)"


@pytest.mark.parametrize("how", ["kernel", "watch"])
@pytest.mark.parametrize(("greedy", "reason"), [(HOG, "Out of memory"), (FILL, "Out of disk")])
def test_a_build_takes_no_more_than_its_job_may(
    environments: Environments,
    code: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    greedy: str,
    reason: str,
) -> None:
    monkeypatch.setenv("CLARY_BOUNDS", how)
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    _make_source(code / "gamma", looks_for=[])
    with open(code / "gamma/backend.py", "a") as backend:
        backend.write(f"\ndef build_wheel(folder, *more):\n    {greedy}\n")

    with pytest.raises(EnvironmentBuildFailed, match=reason):
        add_layer(
            environments.root,
            base.name,
            _requirements(code, "./gamma\n"),
            _ignore,
            limits=Limits(400 << 20, 200, 32 << 20),
        )

    assert list((environments.root / "builds").iterdir()) == []


def test_a_build_inherits_nothing_but_its_output(environments: Environments, code: Path) -> None:
    """The lock among it: code of a user could give it away, and write into its file for ever."""
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    _make_source(code / "gamma", looks_for=[])
    with open(code / "gamma/backend.py", "a") as backend:
        backend.write(
            "\ndef opened(process):"
            "\n    try: return [os.readlink(each.path) for each in os.scandir(f'/proc/{process}/fd')]"
            # Process 1 of a sandbox shows its descriptors to nobody.
            "\n    except OSError: return []"
            "\nseen = [place for p in filter(str.isdigit, os.listdir('/proc')) for place in opened(p)]"
            "\nassert opened('self')"
            "\nif any('/locks/' in place for place in seen): raise SystemExit(f'found {seen}')\n"
        )

    layer = add_layer(environments.root, base.name, _requirements(code, "./gamma\n"), _ignore)

    assert _run(layer, "import gamma; print(gamma.SEEN)") == "[]"


def test_a_build_that_leaves_a_link_in_the_place_of_its_wheel_is_refused(
    environments: Environments, code: Path, tmp_path: Path
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    _make_wheel(tmp_path, "delta", "1.0")
    _make_source(code / "gamma", looks_for=[])
    backend = code / "gamma/backend.py"
    backend.write_text(
        backend.read_text()
        + "\nbuild = build_wheel\n"
        + "def build_wheel(folder, *more):\n"
        + f"    os.symlink({str(tmp_path / DELTA)!r}, f'{{folder}}/{DELTA}')\n"
        + f"    return {DELTA!r}\n"
    )

    with pytest.raises(EnvironmentBuildFailed):
        add_layer(environments.root, base.name, _requirements(code, "./gamma\n"), _ignore)


def test_the_installer_gets_no_variable_but_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("TOKEN", "secret")
    monkeypatch.setenv("UV_INDEX", "https://user:own@example.com/simple")

    variables = uv_environment(tmp_path)

    assert "secret" not in variables.values()
    assert variables["UV_INDEX"] == "https://user:own@example.com/simple"


def test_nothing_of_a_wheel_runs_while_its_layer_is_made(
    environments: Environments, tmp_path: Path, wheels: Path
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    trace = tmp_path / "trace"
    _make_wheel(wheels, "epsilon", "1.0", files={"epsilon.pth": f"import os; open({str(trace)!r}, 'w')\n"})

    layer = add_layer(environments.root, base.name, _requirements(tmp_path, "epsilon\n"), _ignore)

    assert not trace.exists()
    assert list(Path(layer.prefix).rglob("epsilon.cpython-*.pyc"))
    _run(layer, "pass")
    assert trace.exists()


def test_requirements_that_cannot_be_met_fail_and_leave_nothing(
    environments: Environments, tmp_path: Path
) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)

    with pytest.raises(EnvironmentBuildFailed, match="delta"):
        add_layer(environments.root, base.name, _requirements(tmp_path, "delta\n"), _ignore)

    assert [one.key for one in environments.installed()] == [base.name]


def test_the_layer_command_prints_the_environment_last(environments: Environments, tmp_path: Path) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    requirements = _requirements(tmp_path, "beta\n")

    done = subprocess.run([*base.layer_builder, requirements], capture_output=True, text=True, check=True)

    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["name"].startswith(f"{base.name}+")
    assert "installed 1 package" in done.stderr


def test_the_layer_command_fails_with_the_reason(environments: Environments, tmp_path: Path) -> None:
    base = environments.build(_recipe("alpha==1.0"), _ignore)
    requirements = _requirements(tmp_path, "-r missing.txt\n")

    done = subprocess.run([*base.layer_builder, requirements], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "missing.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_layer_on_nothing_is_refused(environments: Environments, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentBuildFailed, match="build its image first"):
        add_layer(environments.root, "absent", _requirements(tmp_path, "beta\n"), _ignore)


def test_requirements_outside_their_folder_are_not_read(environments: Environments, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("password\n")

    with pytest.raises(BadRequirements, match="outside"):
        add_layer(environments.root, "any", _requirements(tmp_path / "code", "-r ../secret.txt\n"), _ignore)


def test_the_machine_answers_what_its_wheels_can_serve(tmp_path: Path, wheels: Path) -> None:
    supply = MachineSupply(tmp_path / "root")

    assert PYTHON in supply.pythons()
    assert supply.has(InstallStep(("alpha==2.0",)), PYTHON)
    assert not supply.has(InstallStep(("alpha==3.0",)), PYTHON)
    assert not supply.has(InstallStep(("alpha==2.0",)), "3.99")


def test_a_new_wheel_is_noticed(tmp_path: Path, wheels: Path) -> None:
    supply = MachineSupply(tmp_path / "root")
    assert not supply.has(InstallStep(("alpha==3.0",)), PYTHON)

    _make_wheel(wheels, "alpha", "3.0")
    os.utime(wheels, (1.0, 1.0))

    assert supply.has(InstallStep(("alpha==3.0",)), PYTHON)


def test_an_answer_holds_while_the_index_is_away(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 0.0
    supply = MachineSupply(tmp_path / "root", now=lambda: moment)
    with _index() as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        assert not supply.has(InstallStep(("alpha==3.0",)), PYTHON)

    moment = 30 * 86_400.0

    assert not supply.has(InstallStep(("alpha==3.0",)), PYTHON)


def test_an_index_that_never_answered_counts_as_having_everything_unless_there_are_other_ways(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _index() as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
    supply = MachineSupply(tmp_path / "root")

    assert supply.has(InstallStep(("alpha==3.0",)), PYTHON)
    assert not supply.has(InstallStep(("alpha==3.0",), ("--prerelease", "allow")), PYTHON)


@contextmanager
def _at_work(folder: Path) -> Iterator[None]:
    """A build that goes on in a folder."""
    folder.mkdir(parents=True)
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


@contextmanager
def _index(page: str | None = None) -> Iterator[str]:
    """The address of a package index with one page, or with nothing; afterwards it is gone."""

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if page is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()
        thread.join()


def _recipe(*requirements: str) -> Recipe:
    return Recipe("tiny", "1", PYTHON, (InstallStep(requirements),), variables={"COLOUR": "blue"})


def _requirements(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "requirements.txt"
    path.write_text(text)
    return path


def _run(spec: EnvironmentSpec, code: str) -> str:
    done = subprocess.run(
        [f"{spec.prefix}/bin/python", "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _ignore(progress: Progress) -> None:
    pass


def _refuse_to_hear(progress: Progress) -> None:
    pytest.fail(f"something was built: {progress.text}")


def _make_wheel(
    folder: Path, name: str, version: str, *, requires: str = "", files: dict[str, str] | None = None
) -> None:
    """A module with its version, and a command ``<name>-where`` that prints its environment's folder."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    source = f"import sys\nVERSION = {version!r}\n\ndef where():\n    print(sys.prefix)\n"
    files = {
        **(files or {}),
        f"{name}.py": source,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}-where = {name}:where\n",
    }
    record = "".join(f"{path},,\n" for path in files) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


def _make_source(folder: Path, *, looks_for: list[Path], markers: str = "") -> None:
    """A package ``gamma`` whose build looks for files and keys, and keeps what it saw.

    markers: folders whose markers it tries to make.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "gamma"\nversion = "1.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (folder / "backend.py").write_text(
        "import os, zipfile\n"
        f"LOOKS_FOR = {[str(path) for path in looks_for]!r}\nMARKERS = {markers!r}\n"
        "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
        "    seen = [path for path in LOOKS_FOR if os.path.exists(path)]\n"
        "    seen += [name for name in os.environ if name.startswith('AWS_')]\n"
        "    for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        "        try: said = open(f'/proc/{pid}/environ').read() + open(f'/proc/{pid}/cmdline').read()\n"
        "        except OSError: continue\n"
        "        seen += ['secret'] * ('secret' in said)\n"
        "    open('left-behind', 'w').close()\n"
        "    for attempt in MARKERS and ('write', 'replace', 'remove'):\n"
        "        import glob\n"
        "        for marker in glob.glob(MARKERS):\n"
        "            marker += '/clary-environment.json'\n"
        "            try:\n"
        "                if attempt == 'write': open(marker, 'w').write('{}')\n"
        "                elif attempt == 'replace': os.rename('left-behind', marker)\n"
        "                else: os.unlink(marker)\n"
        "                seen.append(attempt)\n"
        "            except OSError: pass\n"
        "    name = 'gamma-1.0-py3-none-any.whl'\n"
        "    files = {'gamma.py': f'SEEN = {seen!r}', 'gamma-1.0.dist-info/METADATA':\n"
        "             'Metadata-Version: 2.1\\nName: gamma\\nVersion: 1.0\\n', 'gamma-1.0.dist-info/WHEEL':\n"
        "             'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}\n"
        "    files['gamma-1.0.dist-info/RECORD'] = ''.join(f'{path},,\\n' for path in files)\n"
        "    with zipfile.ZipFile(os.path.join(wheel_directory, name), 'w') as archive:\n"
        "        for path, text in files.items():\n"
        "            archive.writestr(path, text)\n"
        "    return name\n"
    )
