"""Prepares what the user's process needs: its sandbox, the credentials of its role, its view."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..bounds import Bounds, groups_of, limits_of
from ..client.objects import ObjectSource
from ..client.service import DATA_PATIENCE_S, Service
from ..container.start import start_container
from ..errors import ClientError
from ..gpus import cuda_variables, take_gpus
from ..layout import DEBUGGER, INJECTED
from ..own_binds import OwnBinds, binds_are_announced
from ..sandbox.detection import chosen, dies_with_parent
from ..sandbox.entrance import entered
from ..sandbox.fuse_mount import FuseMount, mount_here
from ..sandbox.standby import take_standby
from ..sandbox.view import Mount, SandboxKind, View, view_of
from .credentials import RoleCredentials, aws_config
from .process import UserProcess, spawned
from .trusted import write_trusted
from .variables import TRUSTED, UserPaths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clary.domain.hosts import EnvironmentSpec, HostSpec

    from ..bounds.cgroups import Group
    from ..layout import Layout
    from ..sandbox.standby import Standby
    from .process import Child


class UserProcessSetup:
    """Prepares and starts one process of the user, whatever its workload is."""

    def __init__(
        self,
        spec: HostSpec,
        layout: Layout,
        host: str,
        service: Callable[[], Service],
        say: Callable[[str], None],
        *,
        sandboxed: bool = True,
    ) -> None:
        """host: the name that the agent signs with. service: returns a new connection.

        say: writes into the log.

        sandboxed: False for a process that runs no user code.
        """
        self._spec = spec
        self._layout = layout
        self._host = host
        self._service = service
        self._say = say
        self._sandboxed = sandboxed
        self._sandbox = SandboxKind.NONE
        self._standby: Standby | None = None
        self._groups: list[Group] | None = None
        self._role = RoleCredentials(service(), host, spec.role_arn, layout.clary / "aws")

    def prepare(self) -> ObjectSource:
        """Chooses the sandbox and gets the role's credentials; returns the stored objects.

        Raises ClientError.
        """
        if self._spec.isolated and not self._in_container:
            raise ClientError(
                f"EnableNetworkIsolation is true, and {self._spec.environment.name} does not run in a "
                "container any more: the engine has no such image now."
            )
        if self._spec.isolated and self._spec.across_machines:
            raise ClientError(
                "EnableNetworkIsolation is true, and the hosts are on several machines, whose network they "
                "share. So it would not be kept: set it to false, or use one instance."
            )
        if self._sandboxed and not self._in_container:
            self._choose_sandbox()
        self._prepare_standby()
        self._role.current()
        config = aws_config(self._spec.endpoint.region, f"{self.paths.aws}/credentials.json")
        (self._layout.clary / "aws/config").write_text(config, encoding="utf-8")
        spec = self._spec
        if spec.endpoint.certificate:
            write_trusted(self._layout.clary / "aws" / TRUSTED, spec.endpoint.certificate)
        return ObjectSource(
            self._service,
            self.role_service,
            self._host,
            spec.role_arn,
            stored=spec.endpoint.stored,
            volume_bytes=spec.disk_bytes,
        )

    def _choose_sandbox(self) -> None:
        found = chosen()
        self._sandbox = found.kind
        if found.kind is SandboxKind.NONE:
            self._say(
                f"Clary: this host is not private, /opt/ml is not available ({found.reason}). "
                "Use the SM_* variables for paths; `clary doctor` says what is missing."
            )

    def _prepare_standby(self) -> None:
        """Lets it join the bounds now: the kernel takes its time for that, and the data is still to come."""
        standby = take_standby()
        if standby is None:
            return
        if self._sandbox is not SandboxKind.UNSHARE:
            standby.dismiss()
            return
        self._standby = standby
        self._groups = groups_of(limits_of(self._spec), self._layout.host)
        standby.join([group.procs for group in self._groups])

    def keep_fresh(self) -> None:
        """Starts the renewal of the role's credentials."""
        self._role.keep_fresh()

    @property
    def private(self) -> bool:
        return self._in_container or self._sandbox is not SandboxKind.NONE

    @property
    def _in_container(self) -> bool:
        return self._sandboxed and self._spec.environment.container is not None

    @property
    def paths(self) -> UserPaths:
        if self.private:
            return UserPaths()
        layout = self._layout
        return UserPaths(
            ml=str(layout.ml),
            launcher=str(INJECTED / "launcher.py"),
            site=str(INJECTED / "site"),
            serving=str(INJECTED / "serving"),
            aws=str(layout.clary / "aws"),
            debugger_library=str(layout.clary / "lib"),
            run=str(layout.run),
            tmp=str(layout.tmp),
            home=str(layout.root / "root"),
        )

    def mount_fuse(self, path: str) -> FuseMount:
        """Mounts a file system of this agent at a path that the view of the user's process will have.

        Raises OSError.
        """
        if self._standby is not None:
            return FuseMount(self._standby.mount_fuse(path), (0, 0))
        return mount_here(path)

    def start(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        folder: str,
        *,
        environment: EnvironmentSpec,
        mounts: Sequence[Mount],
        on_lines: Callable[[Sequence[bytes]], None],
        on_text: Callable[[Sequence[bytes]], None] | None = None,
        own_place: tuple[str, int, int] | None = None,
    ) -> UserProcess:
        """Starts the user's process. Raises ClientError when there is nothing to start.

        folder: the working directory without a sandbox; in a sandbox it is ``/``. mounts: in addition to the
        usual ones. own_place: as a Program has it; servers are kept there where the sandbox can do so.
        """
        _check_for_nul(command, variables)
        if self._in_container:
            return start_container(
                self._spec,
                self._layout,
                command,
                variables,
                mounts,
                credentials=self._role.current,
                on_lines=on_lines,
                on_text=on_text,
            )
        if self._spec.gpus:
            gpus = self._spec.gpu_ids or take_gpus(self._spec.gpus, self._layout.host.parent)
            variables = {**cuda_variables(gpus), **variables}
        if not self.private:
            return self._start_unprotected(command, variables, folder, on_lines, on_text)
        view = self._view(environment, mounts)
        bounds = self._bounds([view.root, *(mount.source for mount in view.mounts if mount.writable)])
        if self._standby is not None:
            standby, self._standby = self._standby, None

            def start(output: int) -> Child:
                if own_place is None or not binds_are_announced():
                    standby.start(view, variables, command, output)
                else:
                    with OwnBinds(own_place) as binds:
                        standby.start(view, variables, command, output, binds=binds.theirs)
                return standby

            return UserProcess(
                start,
                private=True,
                on_lines=on_lines,
                on_text=on_text,
                bounds=bounds,
                is_first=standby.is_first,
            )
        with entered(self._sandbox, view, variables) as entrance:
            return UserProcess(
                spawned(
                    [*bounds.prefix, *entrance.argv, *command],
                    {},  # for the program that makes the sandbox; the user's variables are set inside
                    "/",
                    descriptors=entrance.descriptors,
                    before_exec=entrance.before_exec,
                ),
                private=True,
                on_lines=on_lines,
                on_text=on_text,
                bounds=bounds,
            )

    def _start_unprotected(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        folder: str,
        on_lines: Callable[[Sequence[bytes]], None],
        on_text: Callable[[Sequence[bytes]], None] | None,
    ) -> UserProcess:
        layout = self._layout
        writable = [str(path) for path in (layout.ml, layout.tmp, layout.root, layout.run)]
        bounds = self._bounds(writable) if self._sandboxed else None
        argv = [*(bounds.prefix if bounds is not None else ()), *dies_with_parent(), *command]
        try:
            return UserProcess(
                spawned(argv, variables, folder),
                private=False,
                on_lines=on_lines,
                on_text=on_text,
                bounds=bounds,
            )
        except OSError as error:
            raise ClientError(f"The entry point can't be started: {error}") from error

    def _bounds(self, writable: Sequence[str]) -> Bounds:
        return Bounds(limits_of(self._spec), self._layout.host, writable, self._groups)

    def role_service(self) -> Service:
        """Returns a new connection that signs as the job's role."""
        endpoint = self._spec.endpoint
        return Service(
            endpoint.url,
            endpoint.region,
            self._role.current,
            patience_s=DATA_PATIENCE_S,
            certificate=endpoint.certificate,
        )

    def _view(self, environment: EnvironmentSpec, mounts: Sequence[Mount]) -> View:
        """Returns the view of the user's process."""
        layout, spec = self._layout, self._spec
        own = [
            Mount(str(layout.tmp), "/tmp", writable=True),
            *(Mount(path, path) for path in (*environment.readable, environment.prefix)),
            Mount(str(layout.etc / "hosts"), "/etc/hosts"),
            Mount(str(layout.ml), "/opt/ml", writable=True),
            Mount(str(layout.clary / "aws"), "/opt/clary/aws"),
            Mount(str(INJECTED / "launcher.py"), "/opt/clary/launcher.py"),
            Mount(str(INJECTED / "site"), "/opt/clary/site"),
            Mount(str(DEBUGGER), "/opt/clary/lib/clary/debugger"),
            Mount(str(layout.run), "/run/clary", writable=True),
            *mounts,
        ]
        if os.path.isfile("/etc/hostname"):
            own.append(Mount(str(layout.etc / "hostname"), "/etc/hostname"))
        return view_of(spec.host_name, str(layout.root), own, gpus=spec.gpus > 0, shm_bytes=spec.memory_bytes)


def _check_for_nul(command: Sequence[str], variables: Mapping[str, str]) -> None:
    """Raises ClientError for a NUL character, which the kernel does not accept, or an invalid name."""
    for name, value in variables.items():
        if "\0" in name + value or "=" in name or not name:
            raise ClientError(f"The environment variable {name!r} can't be set: it has a NUL or a = in it.")
    for word in command:
        if "\0" in word:
            raise ClientError(f"The argument {word!r} of the command has a NUL character in it.")
