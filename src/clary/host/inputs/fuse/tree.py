"""The folders and files of a channel: complete from the start, and never changed."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ..keys import safe_path
from .protocol import Attributes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...client.s3 import Listed
    from ..fetching import Staged

ROOT = 1
FILE_MODE = stat.S_IFREG | 0o444
FOLDER_MODE = stat.S_IFDIR | 0o555


@dataclass(slots=True, eq=False)
class File:
    """flaw: why its object can't be read any more; empty while it can."""

    node: int
    bucket: str
    item: Listed
    flaw: str = ""

    @property
    def size_bytes(self) -> int:
        return self.item.size_bytes

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.item.key}"


@dataclass(slots=True, eq=False)
class Folder:
    node: int
    above: int
    names: dict[bytes, File | Folder] = field(default_factory=dict)
    order: list[bytes] = field(default_factory=list)
    """The names, to go on in the middle of a long folder."""


_Node = TypeVar("_Node", File, Folder)


class Tree:
    def __init__(self, objects: Sequence[Staged], owner: tuple[int, int], now: int) -> None:
        """owner: user and group of everything. now: the time of everything.

        Raises ClientError for keys that can't be paths.
        """
        self._owner = owner
        self._now = now
        self._nodes: list[File | Folder] = []
        self.size_bytes = 0
        self.root = self._add(Folder(ROOT, ROOT))
        folders = {"": self.root}
        for one in objects:
            path = safe_path(one.relative, one.uri)
            above, _, name = path.rpartition("/")
            folder = folders.get(above) or self._make(above, folders, one)
            if name.encode() in folder.names:
                raise one.clash()
            file = self._add(File(len(self._nodes) + 1, one.bucket, one.item))
            folder.names[name.encode()] = file
            folder.order.append(name.encode())
            self.size_bytes += one.item.size_bytes

    def __len__(self) -> int:
        return len(self._nodes)

    def node(self, number: int) -> File | Folder | None:
        return self._nodes[number - 1] if 0 < number <= len(self._nodes) else None

    def attributes(self, node: File | Folder) -> Attributes:
        if isinstance(node, File):
            return Attributes(node.node, FILE_MODE, node.size_bytes, 1, self._owner, self._now)
        # One link says that a folder's links do not tell how many folders are in it.
        return Attributes(node.node, FOLDER_MODE, 4096, 1, self._owner, self._now)

    def children(self, folder: Folder, first: int) -> Iterator[tuple[bytes, Attributes]]:
        """Yields the entries of a folder from a number on; 0 and 1 are itself and the one above."""
        above = self.node(folder.above)
        assert above is not None
        for name, node in ((b".", folder), (b"..", above))[first:]:
            yield name, self.attributes(node)
        for number in range(max(0, first - 2), len(folder.order)):
            name = folder.order[number]
            yield name, self.attributes(folder.names[name])

    def _make(self, path: str, folders: dict[str, Folder], one: Staged) -> Folder:
        """Returns the folder of a path. Makes it and those above it, where they are missing."""
        here, done = self.root, ""
        for name in path.split("/"):
            done = f"{done}/{name}" if done else name
            below = folders.get(done)
            if below is None:
                if name.encode() in here.names:
                    raise one.clash()
                below = self._add(Folder(len(self._nodes) + 1, here.node))
                here.names[name.encode()] = below
                here.order.append(name.encode())
                folders[done] = below
            here = below
        return here

    def _add(self, node: _Node) -> _Node:
        self._nodes.append(node)
        return node
