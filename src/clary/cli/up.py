"""``clary up``: starts the server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import fail, say

START_TIMEOUT_S = 30.0


def up(
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; the one of before, or a free one.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on, 127.0.0.1 by default.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="Return once the server answers.")] = False,
) -> None:
    """Start Clary: every AWS service it serves, on one port of this machine."""
    from clary.server.settings import SettingsError, load_settings

    try:
        settings = load_settings(port=port, host=host, home=home)
    except SettingsError as error:
        fail(str(error))
    if detach:
        url = start_detached(port=port, host=host, home=settings.home)
        _offer_studio(settings.home, url)
        return

    from clary.server.serve import serve
    from clary.server.state import AlreadyRunning, PortTaken
    from clary.store.drivers import DatabaseUnavailable

    def on_ready(url: str) -> None:
        _say_up(url)
        if sys.stderr.isatty():
            _offer_studio(settings.home, url)

    try:
        serve(settings, on_ready)
    except (AlreadyRunning, PortTaken, DatabaseUnavailable) as error:
        fail(str(error))


def start_detached(*, port: int | None = None, host: str | None = None, home: Path) -> str:
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
            _say_up(str(known["url"]))
            return str(known["url"])
        time.sleep(0.02)
    child.terminate()
    fail(f"the server did not answer within {START_TIMEOUT_S:.0f} s; {state.log} may say why")


def _say_up(url: str) -> None:
    say(f'Clary is up at {url}\nIn the shell of your clients: eval "$(clary env)"')


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
