"""The folders of /opt/ml/processing on one host, and where each of them lies outside the sandbox.

    /opt/ml                         ml/              writable
    /opt/ml/processing/input        channels/0       a large input: links, mounted read-only
    /opt/ml/processing/input/code   channels/1       inside a read-only folder, so a writable mount of its own

By default the SDK puts the code of a job below its data, so this is the usual case.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..beneath import Place
from ..errors import ClientError
from ..sandbox.view import Mount

if TYPE_CHECKING:
    from ..layout import Layout

ML = "/opt/ml"


class ProcessingTree:
    """Add the paths in such an order that a folder comes before the folders below it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._mounted: dict[str, tuple[Place, bool]] = {ML: (Place(layout.host, layout.ml.name), True)}
        self._mounts: list[Mount] = []
        self._count = 0

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """The mounts for the sandbox, in addition to the usual ones."""
        return tuple(self._mounts)

    def writable(self, local_path: str) -> Place:
        """Creates a folder that user code may write to; returns where it lies outside.

        Raises ClientError for a path that is not below /opt/ml.
        """
        local = os.path.normpath(local_path)
        if not local.startswith(f"{ML}/"):
            raise ClientError(f"LocalPath {local_path!r} should be a folder below {ML}/processing.")
        above = self._above(local)
        outside, may_write = self._mounted[above]
        if may_write:
            place = Place(outside.root, f"{outside.relative}/{local[len(above) + 1 :]}".rstrip("/"))
        else:
            self._make_mount_point(outside, local[len(above) + 1 :])
            place = self.apart()
            self._mount(local, place, writable=True)
        place.path.mkdir(parents=True, exist_ok=True)
        return place

    def cover(self, local_path: str, place: Place) -> None:
        """Mounts a folder from ``apart``, read-only, over one that was created with ``writable``."""
        self._mount(os.path.normpath(local_path), place, writable=False)

    def apart(self) -> Place:
        """Returns a new folder outside that is mounted nowhere yet. It does not create it."""
        self._count += 1
        return Place(self._layout.host, f"{self._layout.channels.name}/{self._count}")

    def _above(self, local: str) -> str:
        """Returns the innermost mount that contains a path."""
        return max(
            (top for top in self._mounted if local == top or local.startswith(f"{top}/")),
            key=len,
        )

    def _mount(self, local: str, place: Place, *, writable: bool) -> None:
        self._mounted[local] = (place, writable)
        self._mounts.append(Mount(str(place.path), local, writable=writable))

    def _make_mount_point(self, outside: Place, relative: str) -> None:
        (outside.path / relative).mkdir(parents=True, exist_ok=True)
