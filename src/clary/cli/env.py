"""``eval "$(clary env)"``: makes a shell's AWS clients reach Clary.

Exports only: nothing is written into the user's own ``~/.aws``. The credentials are temporary ones of
the execution role, so that ``get_execution_role()`` works as it does in a notebook. The plugin on
``PYTHONPATH`` is for the one call that ignores the endpoint: the SageMaker SDK's STS.
"""

from __future__ import annotations

import json
import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from clary.cli.client import Connection

SESSION_S = 12 * 3600

UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_SECURITY_TOKEN",
    "SAGEMAKER_ENDPOINT",
)

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
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
    role: Annotated[
        str, typer.Option(help="Name of the role whose credentials to use.")
    ] = "ClaryExecutionRole",
    shell: Annotated[Shell, typer.Option(help="How to write it.")] = Shell.sh,
) -> None:
    """Print what makes this shell's AWS clients reach Clary: eval "$(clary env)"."""
    from clary.cli.client import connect

    variables = client_variables(connect(home), role=role)
    if shell is Shell.json:
        typer.echo(json.dumps({"set": variables, "unset": list(UNSET)}, indent=2))
    elif shell is Shell.fish:
        for name in UNSET:
            typer.echo(f"set -e {name}; or true")
        for name, value in variables.items():
            typer.echo(f"set -gx {name} {shlex.quote(value)}")
    else:
        typer.echo("unset " + " ".join(UNSET))
        for name, value in variables.items():
            typer.echo(f"export {name}={shlex.quote(value)}")


def client_variables(connection: Connection, *, role: str = "ClaryExecutionRole") -> dict[str, str]:
    """The variables of a client's process, made from this process's own where they are lists."""
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
    """A list in a variable, each entry once."""
    entries = [*first.split(separator), *others]
    return separator.join(dict.fromkeys(entry for entry in entries if entry))
