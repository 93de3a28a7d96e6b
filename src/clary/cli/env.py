"""``eval "$(clary env)"``: makes a shell's AWS clients reach Clary.

It only exports variables: nothing is written into the user's ``~/.aws``. The credentials are temporary ones
of the execution role, so that ``get_execution_role()`` works as it does in a notebook. The plugin on
``PYTHONPATH`` redirects the one call that ignores the endpoint: the SageMaker SDK's call of STS.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.cli.client import ServerConnection

SESSION_S = 12 * 3600

UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_SECURITY_TOKEN",
    "SAGEMAKER_ENDPOINT",
)

NOT_UP = {
    # The discard port of this machine: nothing listens there. Error messages of clients name the address.
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9/clary-is-not-up",
    # AWS refuses these, should a call ignore the endpoint.
    "AWS_ACCESS_KEY_ID": "clary-is-not-up",
    "AWS_SECRET_ACCESS_KEY": "clary-is-not-up",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Set when no server is up, so that no client reaches the real AWS instead."""

SDK_CONFIG = """\
SchemaVersion: "1.0"
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""


class Shell(StrEnum):
    sh = "sh"
    fish = "fish"
    json = "json"


def env(
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
    role: Annotated[
        str, typer.Option(help="Name of the role whose credentials to use.")
    ] = "ClaryExecutionRole",
    sdk: Annotated[
        bool,
        typer.Option(
            "--sdk",
            help="Also put a python with the SageMaker SDK, and the aws command, first on PATH; "
            "they are installed the first time.",
        ),
    ] = False,
    shell: Annotated[Shell, typer.Option(help="How to write it.")] = Shell.sh,
) -> None:
    """Print what makes this shell's AWS clients reach Clary: eval "$(clary env)"."""
    from clary.cli.client import connect

    try:
        connection = connect(home)
        variables = client_variables(connection, role=role)
        path = _path(connection, sdk=sdk)
    except BaseException:
        # Without this, the shell would keep the user's own profile, and clients would reach the real AWS.
        typer.echo(_refusal(shell), nl=False)
        raise
    if path:
        variables["PATH"] = path
    typer.echo(_spelled(shell, variables, UNSET), nl=False)


def _spelled(shell: Shell, variables: Mapping[str, str], unset: Sequence[str]) -> str:
    """Returns commands that set and unset the variables in the syntax of a shell."""
    if shell is Shell.json:
        return json.dumps({"set": variables, "unset": list(unset)}, indent=2) + "\n"
    if shell is Shell.fish:
        lines = [f"set -e {name}; or true" for name in unset]
        for name, value in variables.items():
            # In fish, PATH is a list.
            words = value.split(os.pathsep) if name == "PATH" else [value]
            lines.append(f"set -gx {name} {' '.join(map(shlex.quote, words))}")
    else:
        lines = ["unset " + " ".join(unset)]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "".join(f"{line}\n" for line in lines)


def _refusal(shell: Shell) -> str:
    """Returns commands for when no server is up: they make clients fail, and fail themselves."""
    if shell is Shell.json:
        return ""
    return _spelled(shell, NOT_UP, (*UNSET, "AWS_SESSION_TOKEN")) + "false\n"


def _path(connection: ServerConnection, *, sdk: bool) -> str:
    """Returns the new PATH; empty when it need not change."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if sdk:
        from clary.cli.sdk import sdk_folder

        first = str(sdk_folder() / "bin")
        entries = [first, *(entry for entry in entries if entry != first)]
    if not on_path("clary"):
        # The last entry, a folder with this program only: no other program of its environment gets on PATH.
        folder = connection.home / "client" / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        # Two shells may do this at the same time.
        new = folder / f"clary.{os.getpid()}"
        new.symlink_to(_own_program())
        new.replace(folder / "clary")
        entries.append(str(folder))
    path = os.pathsep.join(entries)
    return "" if path == os.environ.get("PATH") else path


def _own_program() -> Path:
    beside_python = Path(sys.executable).parent / "clary"
    return beside_python if beside_python.exists() else Path(sys.argv[0]).resolve()


def on_path(program: str) -> bool:
    return shutil.which(program) is not None


def client_variables(connection: ServerConnection, *, role: str = "ClaryExecutionRole") -> dict[str, str]:
    """Returns the variables for a client's process. Lists such as PYTHONPATH keep this process's entries."""
    assumed = connection.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{connection.account}:role/{role}",
        RoleSessionName="clary-env",
        DurationSeconds=SESSION_S,
    )["Credentials"]
    plugin_folder = Path(__file__).parent.parent / "host" / "injected" / "site"
    sdk_config = connection.home / "client" / "sagemaker.yaml"
    sdk_config.parent.mkdir(exist_ok=True)
    if not sdk_config.exists() or sdk_config.read_text() != SDK_CONFIG:
        sdk_config.write_text(SDK_CONFIG)
    no_proxy = _joined(os.environ.get("NO_PROXY", ""), ["localhost", "127.0.0.1", ".amazonaws.com"], ",")
    return {
        "AWS_ENDPOINT_URL": connection.url,
        "AWS_REGION": connection.region,
        "AWS_DEFAULT_REGION": connection.region,
        "AWS_ACCESS_KEY_ID": assumed["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["SessionToken"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(sdk_config),
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "clary_endpoint=clary_endpoint",
        "PYTHONPATH": _joined(
            str(plugin_folder), os.environ.get("PYTHONPATH", "").split(os.pathsep), os.pathsep
        ),
    }


def _joined(first: str, others: list[str], separator: str) -> str:
    """Joins the entries of a list in a variable, each once."""
    entries = [*first.split(separator), *others]
    return separator.join(dict.fromkeys(entry for entry in entries if entry))
