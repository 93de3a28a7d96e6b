"""Every setting, its default, and the environment variable that changes it.

``docs/user/settings.md`` has a row for each; a test compares the two.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clary.store.backing.address import ADDRESSING, parse_address

from .node_resources import parse_resources

if TYPE_CHECKING:
    from collections.abc import Mapping


MOST_INVOKE_MB = 200
"""Such a body is in memory, with those of all other requests (``incoming.MEMORY_BYTES``)."""


SHORTEST_SECRET = 16
"""Of CLARY_SECRET, in characters."""

SHORTEST_SESSION_S, LONGEST_SESSION_S = 5, 12 * 3600
"""Of a role. They are renewed after half of it, or a quarter of an hour before the end."""


class SettingsError(ValueError):
    """A setting that can't be used; the message names the variable and what would be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server runs. The variable of a field is ``CLARY_`` and its name in capitals."""

    home: Path = Path("~/.clary")
    """Folder of all state."""
    database: str = field(default="", repr=False)
    """Where records, metrics and logs are kept: a URL of PostgreSQL; empty: a file in the folder."""
    secret: str = field(default="", repr=False)
    """Opens the keys in a database that other servers use, for one that has none in its folder."""
    takeover_s: float = 60.0
    """After how many seconds of silence other servers of the database take over what a server ran."""
    s3: str = ""
    """Where the content of large objects is kept: https://host/bucket/prefix; empty: in the folder."""
    s3_direct: bool = False
    """Whether the buckets and keys of that S3 are the ones that Clary and its users see."""
    s3_region: str = ""
    """The region of that S3; empty: that of AWS's host name, else us-east-1."""
    s3_access_key_id: str = ""
    """An access key of that S3; empty: what AWS_ACCESS_KEY_ID, AWS_PROFILE ... say."""
    s3_secret_access_key: str = field(default="", repr=False)
    """The secret of that access key."""
    s3_addressing: str = "auto"
    """Where requests have the bucket: path, virtual (in the host name), or auto: virtual at AWS only."""
    s3_cache_mb: int = 1024
    """How many MiB of that content the server keeps in its folder, of what it reads itself."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 0
    """Port to listen on; 0: the one this folder used before, or a free one."""
    tls: bool = False
    """Serve other machines over TLS, with a certificate that the server makes itself."""
    tls_cert: Path | None = None
    """Serve other machines over TLS, with the certificate in this file."""
    tls_key: Path | None = None
    """The key of that certificate."""
    region: str = "us-east-1"
    """The one region this server is."""
    account: str = "111122223333"
    """The twelve digits in every ARN."""
    environments: Path | None = None
    """Folder of the environments that image names stand for; None: in the user's cache folder."""
    strict_instances: bool = False
    """Refuse an instance type bigger than the machine instead of scaling it down."""
    cpu_overcommit: float = 4.0
    """How many vCPUs of jobs run at a time on each core of the machine."""
    serving_overcommit: float = 4.0
    """How many times memory and vCPUs are promised to hosts of endpoints, which mostly wait."""
    serverless_idle_s: float = 300.0
    """How many seconds the host of a serverless variant stays after its last request."""
    job_session_s: float = 3600.0
    """How many seconds a job's credentials of its role are valid. They are renewed until the job ends."""
    compute: str = "process"
    """Where images run: process, in environments that Clary builds; container, under Docker or Podman;
    ray://head:10001, on the nodes of a Ray cluster, or ray:head:6379, if this machine is one of them;
    container+ray://head:10001, there under the engines of the nodes."""
    ray_python: str = ""
    """A Python with the cluster's version of Ray; empty: that of the server."""
    ray_folder: str = "~/.clary/nodes"
    """Where nodes keep what runs on them."""
    ray_autoscales: bool = False
    """The cluster's autoscaler adds nodes, so no instance type is scaled down to those that there are."""
    ray_resources: str = ""
    """Resources of Ray that instance types ask for: ml.p4d.*=accelerator_type:A100,ml.c5.*=spot:1"""
    ray_environments_gb: int = 50
    """How many GiB of environments that no host uses a node of the cluster keeps."""
    url: str = ""
    """How the nodes of a cluster reach this server, where that is not CLARY_HOST and the port."""
    sandbox: str = "auto"
    """How a host is kept private: auto, bubblewrap, unshare or none."""
    delivery_s: float = 900.0
    """How many seconds a job that was stopped may take to deliver, after the grace for its script."""
    invoke_timeout_s: float = 60.0
    """How many seconds a model may take for an answer."""
    invoke_mb: int = 0
    """The largest body of a request to an endpoint, and of its answer, in MiB; 0: AWS's limits."""
    mail_server: str = ""
    """Carries the e-mail of rules that fired: smtp://user:password@host:587, or smtps://."""
    mail_from: str = "clary@localhost"
    """The sender of that e-mail."""
    notify_webhook: str = ""
    """Gets what rules want to tell, e-mail and SMS, as JSON."""
    log_level: str = "warning"
    """How much the server says: debug, info, warning or error."""

    @property
    def containers(self) -> bool:
        """Whether images of a container engine run: of this machine, or of the nodes."""
        return self.compute.startswith("container")

    @property
    def cluster(self) -> str:
        """The Ray cluster, ``ray://head:10001``; empty without one."""
        found = self.compute.removeprefix("container+")
        return found if found.startswith("ray:") else ""


def load_settings(environ: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Settings from ``CLARY_*`` variables, then from ``overrides`` that are not None.

    Raises SettingsError.
    """
    values: dict[str, Any] = {}
    for each in fields(Settings):
        variable = f"CLARY_{each.name.upper()}"
        if variable in environ and environ[variable] != "":
            values[each.name] = _convert(variable, each.name, environ[variable])
    values.update({name: value for name, value in overrides.items() if value is not None})
    settings = Settings(**values)
    _check(settings)
    files = {name: path.expanduser().absolute() for name in _PATHS if (path := getattr(settings, name))}
    return replace(settings, **files)


_RAY = re.compile(r"(container\+)?ray:(//)?(auto|[^/\s:]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5})")
_PATHS = ("home", "environments", "tls_cert", "tls_key")


def _convert(variable: str, name: str, text: str) -> Any:
    try:
        if name in _PATHS:
            return Path(text)
        if name in ("port", "invoke_mb", "s3_cache_mb", "ray_environments_gb"):
            return int(text)
        if name in (
            "cpu_overcommit",
            "serving_overcommit",
            "serverless_idle_s",
            "job_session_s",
            "delivery_s",
            "invoke_timeout_s",
            "takeover_s",
        ):
            return float(text)
        if name in ("strict_instances", "tls", "ray_autoscales", "s3_direct"):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                text.lower()
            ]
    except (ValueError, KeyError):
        raise SettingsError(f"{variable} is {text!r}, which is not a value for {name}") from None
    return text


def _check(settings: Settings) -> None:
    if not re.fullmatch(r"\d{12}", settings.account):
        raise SettingsError(f"CLARY_ACCOUNT is {settings.account!r}; an account is twelve digits")
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", settings.region):
        raise SettingsError(f"CLARY_REGION is {settings.region!r}; a region looks like us-east-1")
    if not 0 <= settings.port <= 65535:
        raise SettingsError(f"CLARY_PORT is {settings.port}; a port is 0 to 65535")
    if (settings.tls_cert is None) != (settings.tls_key is None):
        missing = "CLARY_TLS_KEY" if settings.tls_key is None else "CLARY_TLS_CERT"
        raise SettingsError(f"{missing} is missing; a certificate and its key are given together")
    if settings.cpu_overcommit <= 0:
        raise SettingsError(f"CLARY_CPU_OVERCOMMIT is {settings.cpu_overcommit}; it has to be more than 0")
    if not settings.serving_overcommit >= 1:
        raise SettingsError(
            f"CLARY_SERVING_OVERCOMMIT is {settings.serving_overcommit}; it has to be 1 or more"
        )
    if not settings.serverless_idle_s > 0:
        raise SettingsError(
            f"CLARY_SERVERLESS_IDLE_S is {settings.serverless_idle_s}; it has to be more than 0 seconds"
        )
    if not SHORTEST_SESSION_S <= settings.job_session_s <= LONGEST_SESSION_S:
        raise SettingsError(
            f"CLARY_JOB_SESSION_S is {settings.job_session_s}; it is {SHORTEST_SESSION_S:g} to "
            f"{LONGEST_SESSION_S:g} seconds"
        )
    if not settings.delivery_s >= 0:
        raise SettingsError(f"CLARY_DELIVERY_S is {settings.delivery_s}; it has to be 0 or more seconds")
    if not settings.invoke_timeout_s > 0:
        raise SettingsError(
            f"CLARY_INVOKE_TIMEOUT_S is {settings.invoke_timeout_s}; it has to be more than 0 seconds"
        )
    if not 0 <= settings.invoke_mb <= MOST_INVOKE_MB:
        raise SettingsError(
            f"CLARY_INVOKE_MB is {settings.invoke_mb}; it is 1 to {MOST_INVOKE_MB}, or 0 for AWS's limits"
        )
    if settings.mail_server and not re.match(r"smtps?://[^/]+", settings.mail_server):
        raise SettingsError(
            f"CLARY_MAIL_SERVER is {settings.mail_server!r}; a mail server looks like smtp://user:password@host:587"
        )
    if settings.notify_webhook and not re.match(r"https?://[^/]+", settings.notify_webhook):
        raise SettingsError(
            f"CLARY_NOTIFY_WEBHOOK is {settings.notify_webhook!r}; it has to begin with http:// or https://"
        )
    if settings.compute not in ("process", "container") and not _RAY.fullmatch(settings.compute):
        raise SettingsError(
            f"CLARY_COMPUTE is {settings.compute!r}; it is process, container, or a Ray cluster: "
            "ray://head:10001 for Ray Client, ray:head:6379 or ray:auto on one of its nodes; each with "
            "container+ before it for images of the engines of the nodes"
        )
    if settings.url and not re.fullmatch(r"https?://[^/\s]+/?", settings.url):
        raise SettingsError(f"CLARY_URL is {settings.url!r}; it looks like https://clary.example.org:8443")
    if not re.match(r"~?/", settings.ray_folder):
        raise SettingsError(
            f"CLARY_RAY_FOLDER is {settings.ray_folder!r}; it is a path on nodes that begins with / or ~/"
        )
    if not 0 <= settings.ray_environments_gb <= 1 << 20:
        raise SettingsError(
            f"CLARY_RAY_ENVIRONMENTS_GB is {settings.ray_environments_gb}; it has to be 0 or more"
        )
    try:
        parse_resources(settings.ray_resources)
    except ValueError as error:
        raise SettingsError(f"CLARY_RAY_RESOURCES is {settings.ray_resources!r}; {error}") from None
    _check_s3(settings)
    if settings.database and not re.match(r"postgres(ql)?://", settings.database):
        # Without the text, which may have a password.
        raise SettingsError(
            "CLARY_DATABASE is not an address of PostgreSQL; one looks like postgresql://user@host:5432/clary"
        )
    if not 2 <= settings.takeover_s <= 86_400:
        raise SettingsError(f"CLARY_TAKEOVER_S is {settings.takeover_s}; it is 2 to 86400 seconds")
    if settings.secret and len(settings.secret) < SHORTEST_SECRET:
        raise SettingsError(
            f"CLARY_SECRET has {len(settings.secret)} characters; at least {SHORTEST_SECRET} are needed. "
            "openssl rand -base64 32 makes a good one"
        )
    if settings.sandbox not in ("auto", "bubblewrap", "unshare", "none"):
        raise SettingsError(f"CLARY_SANDBOX is {settings.sandbox!r}; it is auto, bubblewrap, unshare or none")


def _check_s3(settings: Settings) -> None:
    if settings.s3_addressing not in ADDRESSING:
        raise SettingsError(f"CLARY_S3_ADDRESSING is {settings.s3_addressing!r}; it is auto, path or virtual")
    if bool(settings.s3_access_key_id) != bool(settings.s3_secret_access_key):
        missing = "SECRET_ACCESS_KEY" if settings.s3_access_key_id else "ACCESS_KEY_ID"
        raise SettingsError(f"CLARY_S3_{missing} is missing; an access key and its secret are given together")
    if not 0 <= settings.s3_cache_mb <= 1 << 30:
        raise SettingsError(f"CLARY_S3_CACHE_MB is {settings.s3_cache_mb}; it has to be 0 or more")
    if settings.s3_direct and not settings.s3:
        raise SettingsError("CLARY_S3_DIRECT needs CLARY_S3, which names the S3: https://host")
    if settings.s3:
        try:
            address = parse_address(settings.s3)
        except ValueError as error:
            # Without the text, which may have a secret.
            raise SettingsError(f"CLARY_S3 can't be used: {error}") from None
        if settings.s3_direct and not address.makes_bucket:
            raise SettingsError(
                "CLARY_S3_DIRECT uses all buckets of that S3, by their own names: name no bucket in CLARY_S3"
            )
