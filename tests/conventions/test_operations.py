"""Rules of the project: names of operations, documentation of settings, form of errors."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from botocore import xform_name

from clary.domain import errors
from clary.server.registry import MODULES, find_operation, public_functions
from clary.server.settings import Settings
from clary.wire.models import service_model

ROOT = Path(__file__).parents[2]
AWS_SERVICES = sorted(set(MODULES) - {"clary", "own", "studio"})


@pytest.mark.parametrize("service", AWS_SERVICES)
def test_every_operation_function_names_an_operation_of_the_model(service: str) -> None:
    names = {xform_name(name) for name in service_model(service).operation_names}

    assert {name for name, _ in public_functions(service)} <= names


@pytest.mark.parametrize("service", sorted(MODULES))
def test_every_operation_takes_a_context_and_a_request(service: str) -> None:
    for name, function in public_functions(service):
        assert list(inspect.signature(function).parameters) == ["ctx", "request"], f"{service}.{name}"


@pytest.mark.parametrize("service", ["cloudwatch", "logs", "sagemaker", "sagemaker-metrics"])
def test_every_request_is_typed_by_the_shape_of_its_operation(service: str) -> None:
    operations = {xform_name(name): name for name in service_model(service).operation_names}

    for name, function in public_functions(service):
        typed = function.__annotations__["request"]
        assert re.fullmatch(f"{operations[name]}(Request|Input)[A-Za-z]*TypeDef", typed), f"{service}.{name}"


def test_every_request_of_a_host_has_a_type_of_its_own() -> None:
    typed = {name: function.__annotations__["request"] for name, function in public_functions("clary")}

    assert typed == {name: f"{name.title().replace('_', '')}Request" for name in typed}


@pytest.mark.parametrize("service", sorted(MODULES))
def test_no_operation_is_defined_twice(service: str) -> None:
    names = [name for name, _ in public_functions(service)]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("service", AWS_SERVICES)
def test_the_operations_page_lists_what_is_served(service: str) -> None:
    served = {name for name, _ in public_functions(service)}

    assert {xform_name(name) for name in _listed(service)} == served


@pytest.mark.parametrize("service", AWS_SERVICES)
def test_every_listed_operation_is_found_in_the_package_of_its_service(service: str) -> None:
    modules = {name: f"{find_operation(service, name).__module__}." for name in _listed(service)}

    assert modules
    assert [name for name, module in modules.items() if not module.startswith(f"{MODULES[service]}.")] == []


def _listed(service: str) -> set[str]:
    """The operations that the user's page names for a service."""
    page = (ROOT / "docs/user/operations.md").read_text()
    section = page.partition(f"## {service}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`([A-Za-z0-9]+)`", section))


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs/user/settings.md").read_text()
    rows = set(re.findall(r"^\| `(CLARY_[A-Z0-9_]+)` \|", page, re.MULTILINE))

    assert rows == {f"CLARY_{name.upper()}" for name in Settings.__dataclass_fields__}


def test_every_variable_that_is_read_is_documented() -> None:
    """The agent sets some variables for jobs; all others are settings of users."""
    of_the_agent = {"CLARY_CHECKPOINTS", "CLARY_LIBRARY", "CLARY_RUN_DIR", "CLARY_STEP_TIMES"}
    of_the_agent |= {"CLARY_CODE", "CLARY_FRONT_PATH", "CLARY_MEMORY_BYTES", "CLARY_SERVING"}
    of_the_agent |= {"CLARY_FRONT_PYTHON", "CLARY_OWN_ADDRESS"}
    of_the_agent |= {"CLARY_AUTOML_CONFIG", "CLARY_AUTOML_MEMORY_MIB"}
    page = (ROOT / "docs/user/settings.md").read_text()
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))

    read = set(re.findall(r"\"(CLARY_[A-Z_]+)\"", code))

    assert read >= of_the_agent
    assert read - of_the_agent <= set(re.findall(r"`(CLARY_[A-Z_]+)\b", page))


def test_every_error_has_a_code_and_a_status_of_its_kind() -> None:
    found = [
        member
        for _, member in inspect.getmembers(errors, inspect.isclass)
        if member.__module__ == errors.__name__
    ]

    assert errors.PlatformError in found
    for error in found:
        assert issubclass(error, errors.PlatformError)
        assert re.fullmatch(r"[A-Z][A-Za-z]+", error.code)
        # A bug of ours, a full disk, a database that is away: all others are errors of the caller.
        ours = error in (errors.PlatformError, errors.OutOfSpace, errors.ServiceUnavailable)
        assert (error.http_status >= 500) if ours else (400 <= error.http_status < 500)


def test_every_dependency_has_its_sentence() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = [re.split(r"[<>=~!; ]", line)[0] for line in project["project"]["dependencies"]]
    names += [re.split(r"[<>=~!; ]", line)[0] for line in project["dependency-groups"]["dev"]]
    page = (ROOT / "docs/dev/dependencies.md").read_text()

    assert [name for name in names if f"`{name}`" not in page] == []


def test_no_tracked_file_names_a_package_registry() -> None:
    names = re.compile(rb"https?://[a-z.]*(pypi|pythonhosted|npmjs|debian)\.(org|com)")
    folders = ("src", "tests", "docs", "bench", "examples", ".ci")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [ROOT / "requirements.lock", ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / "README.md"]

    assert [str(path) for path in files if path.suffix != ".pyc" and names.search(path.read_bytes())] == []
