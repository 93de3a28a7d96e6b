"""``clary up``: starts the server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clary.cli.console import fail, say

if TYPE_CHECKING:
    from clary.server.state import StateFolder

START_TIMEOUT_S = 30.0


def up(
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; the one of before, or a free one.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on, 127.0.0.1 by default.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
    tls: Annotated[
        bool | None,
        typer.Option("--tls", help="Serve other machines over TLS, with a certificate made by the server."),
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Serve other machines over TLS, with this certificate (PEM).")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The key of that certificate.")] = None,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="Return once the server answers.")] = False,
) -> None:
    """Start Clary: every AWS service it serves, on one port of this machine."""
    from clary.server.settings import SettingsError, load_settings

    try:
        settings = load_settings(port=port, host=host, home=home, tls=tls, tls_cert=tls_cert, tls_key=tls_key)
    except SettingsError as error:
        fail(str(error))
    if detach:
        url = start_detached(
            port=port,
            host=host,
            home=settings.home,
            tls=tls,
            tls_cert=settings.tls_cert,
            tls_key=settings.tls_key,
        )
        _offer_studio(settings.home, url)
        return

    from clary.server.serve import serve
    from clary.server.shared_keys import KeysRefused
    from clary.server.state import AlreadyRunning, PortTaken, StateFolder
    from clary.store.backing.failures import BackingError
    from clary.store.backing.place import Misplaced
    from clary.store.drivers import DatabaseUnavailable

    def on_ready(url: str) -> None:
        _say_up(StateFolder(settings.home))
        if sys.stderr.isatty():
            _offer_studio(settings.home, url)

    refusals = (AlreadyRunning, PortTaken, SettingsError, DatabaseUnavailable, Misplaced, BackingError)
    try:
        serve(settings, on_ready)
    except (*refusals, KeysRefused) as error:
        fail(str(error))


def start_detached(
    *,
    port: int | None = None,
    host: str | None = None,
    home: Path,
    tls: bool | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
) -> str:
    """Starts a server that outlives this command; returns its URL once it is up."""
    from clary.server.state import StateFolder

    state = StateFolder(home)
    if state.is_locked():
        url = str(state.server().get("url", ""))
        say(f"Clary is up already, at {url}")
        return url
    state.prepare()
    arguments = [sys.executable, "-m", "clary", "up", "--home", str(home)]
    if port is not None:
        arguments += ["--port", str(port)]
    if host is not None:
        arguments += ["--host", host]
    if tls:
        arguments.append("--tls")
    if tls_cert is not None and tls_key is not None:
        arguments += ["--tls-cert", str(tls_cert), "--tls-key", str(tls_key)]
    with state.log.open("ab") as output:
        began_at = output.tell()
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=dict(os.environ),
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            said = state.log.read_bytes()[began_at:].decode(errors="replace").strip()
            fail(f"the server did not start:\n{said}")
        known = state.server()
        if known.get("pid") == child.pid and _answers(str(known["url"])):
            _say_up(state)
            return str(known["url"])
        time.sleep(0.02)
    child.terminate()
    fail(f"the server did not answer within {START_TIMEOUT_S:.0f} s; {state.log} may say why")


def _say_up(state: StateFolder) -> None:
    known = state.server()
    say(f'Clary is up at {known["url"]}\nIn the shell of your clients: eval "$(clary env)"')
    if "tls_url" in known:
        say(f"For other machines: AWS_ENDPOINT_URL={known['tls_url']}")
    if "certificate" in known:
        say(f"and AWS_CA_BUNDLE, a copy of {known['certificate']}")


def _offer_studio(home: Path, url: str) -> None:
    from clary.cli.studio import open_on_desktop, sign_in_link

    link = sign_in_link(home, url)
    say(f"Studio: {link}\nThe link is good once, for 15 minutes; a new one: clary studio")
    open_on_desktop(link)


def _answers(url: str) -> bool:
    import http.client
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", "/_clary/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
