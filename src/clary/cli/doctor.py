"""``clary doctor``: checks this machine and says how to fix what is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clary.cli.machine_check import MachineCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clary.server.settings import Settings

ENOUGH_DISK_BYTES = 10 * 2**30

STS_PROBE = Path(__file__).parent / "probes" / "sts.py"


def doctor(
    python: Annotated[
        str | None, typer.Option(help="Python of your clients, the python3 on PATH by default.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Say what is missing on this machine and how to get it."""
    from clary.server.settings import load_settings

    findings = list(examine(load_settings(home=home), python or shutil.which("python3") or sys.executable))
    marks = {
        True: ("ok  ", typer.colors.GREEN),
        None: ("note", typer.colors.YELLOW),
        False: ("FAIL", typer.colors.RED),
    }
    for finding in findings:
        mark, colour = marks[finding.ok]
        typer.echo(f"{typer.style(mark, fg=colour)}  {finding.what}: {finding.said}")
        if finding.remedy and finding.ok is not True:
            typer.echo(f"      {finding.remedy}")
    if any(finding.ok is False for finding in findings):
        raise typer.Exit(1)


def examine(settings: Settings, python: str) -> Iterator[MachineCheck]:
    """Runs all checks. python: the interpreter of the user's clients."""
    yield _machine()
    yield _sandbox(settings.sandbox)
    if settings.containers and not settings.cluster:
        yield _engine(os.environ)
    if settings.cluster:
        from clary.cli.cluster_checks import examine_cluster

        yield from examine_cluster(settings)
    yield _registry()
    yield _uv()
    yield _disk(settings.home)
    yield _database(settings)
    if settings.s3:
        yield _objects(settings)
    server = _server(settings)
    yield server
    if server.ok:
        yield _sts(settings, python)


def _machine() -> MachineCheck:
    from clary.compute.machine_capacity import machine_size

    size = machine_size()
    return MachineCheck(
        "machine", True, f"{size.cpus:g} cores, {size.memory_bytes / 2**30:.1f} GiB, {size.gpus} NVIDIA GPUs"
    )


def _sandbox(setting: str) -> MachineCheck:
    """setting: CLARY_SANDBOX."""
    from clary.host.sandbox import SandboxKind, probe

    if setting == "auto":
        found = probe()
    else:
        kind = SandboxKind(setting)
        found = probe(() if kind is SandboxKind.NONE else (kind,))
        if found.kind is not kind:
            return MachineCheck(
                "private hosts",
                False,
                f"CLARY_SANDBOX is {setting}, which does not work here: {found.reason}",
                "Unset CLARY_SANDBOX, or fix the reason above.",
            )
    private = found.kind.value != "none"
    return MachineCheck(
        "private hosts",
        True if private else None,
        f"{found.kind.value} ({found.reason})" if found.reason else found.kind.value,
        "Jobs run without a private /opt/ml. Install bubblewrap (apt-get install bubblewrap), or allow user "
        "namespaces.",
    )


def _engine(environ: Mapping[str, str]) -> MachineCheck:
    from clary.host.container.addresses import belongs_to_root, engine_address, usual_sockets
    from clary.host.container.engine import Engine, EngineError

    address = engine_address(environ)
    if not address:
        return MachineCheck(
            "container engine",
            False,
            f"DOCKER_HOST is not set, and nothing listens at {', '.join(usual_sockets(environ))}",
            "Start Docker, or Podman's socket (systemctl --user enable --now podman.socket), or name another "
            "engine of this machine with DOCKER_HOST. You have to be allowed to use it.",
        )
    try:
        version = Engine(address, timeout_s=10.0).version()
    except EngineError as error:
        return MachineCheck(
            "container engine", False, error.message, "Start it, or correct DOCKER_HOST: unix:///path/of.sock"
        )
    name = next((part["Name"] for part in version.get("Components") or ()), "Engine")
    said = f"{name} {version.get('Version')} at {address}"
    if belongs_to_root(address) and os.geteuid() != 0:
        return MachineCheck(
            "container engine",
            None,
            f"{said} belongs to root, and this user is not root",
            "Jobs work, with a helper container at their start and end. Who may use this engine is root of "
            "the machine: a rootless engine is safer (dockerd-rootless-setuptool.sh install, or Podman's "
            "user socket).",
        )
    return MachineCheck("container engine", True, said)


def _registry() -> MachineCheck:
    from clary.server.ecr.program import HOW_TO_INSTALL, registry_program

    found = registry_program()
    return MachineCheck(
        "registry of images",
        True if found else None,
        found or "no registry server is installed, so nothing can be pushed to ECR",
        f"To push images, {HOW_TO_INSTALL}.",
    )


def _uv() -> MachineCheck:
    try:
        import uv

        return MachineCheck("uv", True, str(uv.find_uv_bin()))
    except (ImportError, FileNotFoundError) as error:
        return MachineCheck("uv", False, str(error), "Install it beside Clary: pip install uv")


def _disk(home: Path) -> MachineCheck:
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    return MachineCheck(
        "disk",
        True if free > ENOUGH_DISK_BYTES else None,
        f"{free / 2**30:.0f} GiB free at {existing}",
        "An environment takes 0.3 to 2 GiB. Move the state with CLARY_HOME, or make room.",
    )


def _database(settings: Settings) -> MachineCheck:
    from clary.store.drivers import DatabaseUnavailable, open_driver

    if not settings.database:
        return MachineCheck("database", True, f"SQLite, in {settings.home}")
    try:
        with open_driver(settings.database).connect() as connection:
            version = connection.exec_driver_sql("SHOW server_version").scalar_one()
            may = connection.exec_driver_sql(
                "SELECT has_schema_privilege(current_schema(), 'CREATE')"
            ).scalar_one()
    except DatabaseUnavailable as error:
        return MachineCheck("database", False, str(error), "CLARY_DATABASE says where it is.")
    return MachineCheck(
        "database",
        bool(may),
        f"PostgreSQL {version} answers"
        if may
        else f"PostgreSQL {version} answers; its user may create no tables",
        "Make the user its owner: ALTER DATABASE ... OWNER TO ...",
    )


def _objects(settings: Settings) -> MachineCheck:
    """Does in the S3 behind Clary all that Clary does there, with a name of its own."""
    from clary.server.backing import backing_bucket
    from clary.server.state import StateFolder
    from clary.store.backing.failures import BackingError
    from clary.store.backing.trial import try_bucket

    if settings.s3_direct:
        return _direct_objects(settings)
    bucket = backing_bucket(settings)
    assert bucket is not None
    given = settings.s3_access_key_id or os.environ.get("AWS_ACCESS_KEY_ID")
    state = StateFolder(settings.home)
    if given and (state.home / "credentials.json").exists():
        own = state.root_credentials().access_key_id
        if given == own:
            return MachineCheck(
                "objects",
                False,
                "the keys for CLARY_S3 are those of this Clary itself",
                'After eval "$(clary env)" the variables AWS_* are for clients of Clary: set '
                "CLARY_S3_ACCESS_KEY_ID and CLARY_S3_SECRET_ACCESS_KEY.",
            )
    try:
        took_s = try_bucket(bucket)
    except BackingError as error:
        return MachineCheck("objects", False, str(error), "CLARY_S3 and the variables CLARY_S3_* say where.")
    finally:
        bucket.close()
    return MachineCheck("objects", True, f"in {bucket.address}, which writes in {took_s * 1000:.0f} ms")


def _direct_objects(settings: Settings) -> MachineCheck:
    """Asks the S3 that is used directly for its buckets, which keys need not be allowed to see."""
    from clary.server.backing import backing_address
    from clary.store.backing.failures import BackingError
    from clary.store.direct.client import DirectClient
    from clary.store.direct.refusals import DirectRefused

    client = DirectClient(backing_address(settings))
    began = time.monotonic()
    try:
        with client.asking() as s3:
            seen = f"it has {len(s3.list_buckets().get('Buckets') or [])} buckets"
    except DirectRefused as error:
        if error.code != "AccessDenied":
            return MachineCheck(
                "objects", False, str(error), "CLARY_S3 and the variables CLARY_S3_* say where."
            )
        seen = "its keys may not list buckets"
    except BackingError as error:
        return MachineCheck("objects", False, str(error), "CLARY_S3 and the variables CLARY_S3_* say where.")
    finally:
        client.close()
    took_ms = (time.monotonic() - began) * 1000
    return MachineCheck("objects", True, f"those of {client.endpoint} itself: {seen} ({took_ms:.0f} ms)")


def _server(settings: Settings) -> MachineCheck:
    from clary.server.state import StateFolder

    state = StateFolder(settings.home)
    if state.is_locked():
        return MachineCheck("server", True, f"up at {state.server().get('url')}")
    return MachineCheck("server", None, f"not up on {settings.home}", "Start it with: clary up -d")


def _sts(settings: Settings, python: str) -> MachineCheck:
    """Checks from the client's Python that the SDK's STS calls, which ignore the endpoint, reach us."""
    from clary.cli.client import connect
    from clary.cli.env import UNSET, client_variables

    connection = connect(settings.home)
    environ = {name: value for name, value in os.environ.items() if name not in UNSET}
    environ.update(client_variables(connection))
    try:
        asked = subprocess.run(
            [python, str(STS_PROBE), connection.region, connection.url],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        answer = json.loads(asked.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        return MachineCheck(
            "STS", False, f"{python} could not be asked: {error}", "Name your clients' Python with --python."
        )
    if "arn" in answer:
        return MachineCheck("STS", True, f"{python} (botocore {answer['botocore']}) is {answer['arn']}")
    return MachineCheck(
        "STS",
        False,
        f"from {python}: {answer['error']}",
        'The SageMaker SDK would not reach Clary. In the shell of that Python: eval "$(clary env)"',
    )
