"""Starts the user's process of a host in a container."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..bounds import Bounds, limits_of
from ..errors import ClientError
from ..gpus import take_gpus
from ..layout import DEBUGGER, INJECTED
from ..notes import note, note_exception
from ..sandbox.view import Mount
from .devices import GIVEN_NETWORKS, MACHINE_NETWORK, no_gpus
from .engine import Engine, EngineError
from .helper import needs_helper, sockets_of, take_files
from .leftovers import remove_container_of, write_note
from .loopback import open_loopback, open_on_machine, variables_inside
from .orders import container_name, labels, network_name, orders
from .process import AGAIN_S, AWAY_S, Container, ContainerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from clary.domain.hosts import HostSpec
    from clary.domain.identity import Credentials

    from ..layout import Layout

ALL = 0o777
OPEN_LEVELS = 3
"""As deep as folders of the contract lie below /opt/ml."""
TRIES = 3
"""A network may vanish between its creation and its use: with the last host of an earlier attempt."""


def start_container(
    spec: HostSpec,
    layout: Layout,
    command: Sequence[str],
    variables: Mapping[str, str],
    mounts: Sequence[Mount],
    *,
    credentials: Callable[[], Credentials],
    on_lines: Callable[[Sequence[bytes]], None],
    on_text: Callable[[Sequence[bytes]], None] | None,
) -> ContainerProcess:
    """Creates and starts the container of a host.

    Raises ClientError with the engine's reason, and ConnectionError when the engine can't be asked.

    mounts: in addition to /opt/ml and what all containers get. credentials: returns those of the role.
    """
    image = spec.environment.container
    assert image is not None
    engine = Engine(image.engine)
    gpus: Sequence[int | str] = []
    if spec.gpus:
        gpus = spec.gpu_ids or take_gpus(spec.gpus, layout.host.parent)
    name, network = container_name(spec, layout.host), network_name(spec, layout.host)
    doors: dict[str, str] = {}
    if network == MACHINE_NETWORK:
        doors = open_on_machine(spec.endpoint, credentials)
    elif not spec.isolated:
        doors = variables_inside(spec.endpoint)
    body = orders(
        spec,
        image,
        layout.host,
        command=command,
        variables={**doors, **variables},
        mounts=[*_own_mounts(layout), *mounts],
        gpus=gpus,
    )
    _open_to_all(layout.ml)
    for mount in mounts:
        if mount.writable:
            os.chmod(mount.source, ALL)

    def on_network(pid: int) -> None:
        try:
            if doors and network != MACHINE_NETWORK:
                open_loopback(sockets_of(spec, layout.host, pid), spec.endpoint, credentials)
        except OSError as error:
            # A container that has ended already needs none; another one says itself what it can't reach.
            note_exception(error)

    def on_end() -> None:
        if needs_helper(image.engine):
            take_files(image.engine, image.id, layout.host, _writable(layout, mounts))
            write_note(layout.host, image.engine, name, network)

    def start() -> ContainerProcess:
        # What an agent has left that was killed before it wrote how its host ended, or the try before.
        remove_container_of(layout.host)
        if needs_helper(image.engine):
            folders = _writable(layout, mounts)
            write_note(layout.host, image.engine, name, network, image=image.id, folders=folders)
        else:
            write_note(layout.host, image.engine, name, network)
        if network not in GIVEN_NETWORKS:
            with _one_at_a_time(layout.host.parent):
                engine.create_network(network, labels(spec, layout.host), internal=spec.isolated)
        container = Container(engine, name, body, layout.ml, on_network, on_end, gpus=gpus)
        container.create()
        return ContainerProcess(
            container,
            bounds=Bounds(limits_of(spec), layout.host, _writable(layout, mounts), [container.memory]),
            on_lines=on_lines,
            on_text=on_text,
        )

    try:
        return _tried(start)
    except EngineError as error:
        if not error.status:
            # No fault of the job: its RetryStrategy counts.
            raise ConnectionError(error.message) from error
        raise ClientError(_refused(spec, engine, command, error)) from error


def _tried(start: Callable[[], ContainerProcess]) -> ContainerProcess:
    """Starts a container again where that helps. Raises EngineError."""
    give_up_at = time.monotonic() + AWAY_S
    vanished, was_away = 0, False
    while True:
        try:
            return start()
        except EngineError as error:
            was_away = was_away or not error.status
            # One that was killed stumbles over what it has half made or removed, until it has cleaned up.
            stumbles = not error.status or (was_away and error.status >= 500)
            away = stumbles and time.monotonic() < give_up_at
            vanished += "network" in error.message
            if not away and not ("network" in error.message and vanished < TRIES):
                raise
            note(f"the container is tried again: {error}")
            if away:
                time.sleep(AGAIN_S)


def _open_to_all(folder: Path, levels: int = OPEN_LEVELS) -> None:
    """Lets programs of every user write to the folders of the contract: an image may have a USER of its own.

    Nobody else on this machine can enter the folder of the host.
    """
    os.chmod(folder, ALL)
    if levels:
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                _open_to_all(Path(entry.path), levels - 1)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keeps the other hosts of this machine out, which have their folders in the same one."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _own_mounts(layout: Layout) -> list[Mount]:
    return [
        Mount(str(layout.ml), "/opt/ml", writable=True),
        Mount(str(INJECTED / "site"), "/opt/clary/site"),
        Mount(str(DEBUGGER), "/opt/clary/lib/clary/debugger"),
        Mount(str(layout.run), "/run/clary", writable=True),
    ]


def _writable(layout: Layout, mounts: Sequence[Mount]) -> list[str]:
    return [str(layout.ml), str(layout.run), *(mount.source for mount in mounts if mount.writable)]


def _refused(spec: HostSpec, engine: Engine, command: Sequence[str], error: EngineError) -> str:
    said = error.message
    if spec.gpus and (remedy := no_gpus(said)):
        return f"{spec.environment.name} can't run with {spec.gpus} GPUs: {said}. {remedy}"
    if other := _other_machine(spec, engine):
        return f"{spec.environment.name} is an image for {other}: {said}"
    # Of runc in a file name and of crun; other files may be missing too, such as those of the network.
    if "executable file" in said or f'exec: "{command[0]}"' in said:
        return (
            f"The image {spec.environment.name} has no program {command[0]!r} to run: {said}. Give it an "
            "ENTRYPOINT or a program of that name on its PATH, or the job a ContainerEntrypoint."
        )
    return f"The container engine can't run {spec.environment.name}: {said}"


def _other_machine(spec: HostSpec, engine: Engine) -> str:
    """Returns for what machine an image was built, and what this one is; empty where it fits."""
    image = spec.environment.container
    assert image is not None
    try:
        built_for, here = (engine.image(image.id) or {}).get("Architecture"), engine.version().get("Arch")
    except EngineError:
        return ""
    if not built_for or not here or built_for == here:
        return ""
    return f"{built_for}, and this machine is {here}; build it with --platform linux/{here}"
