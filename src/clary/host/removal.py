"""Removes folders that user code filled, at any depth and with any modes.

shutil.rmtree is recursive and keeps each level open, so that it fails on a thousand levels. Here inner
folders are moved to the top before they are emptied, so that two open folders are enough for any depth.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(folder: Path) -> None:
    """Removes ``folder`` and everything in it, if it exists. Follows no link.

    No other process may change the tree meanwhile. Raises OSError when something can't be removed; the rest
    is removed.
    """
    try:
        parent = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        _Removal(parent, folder.name).run()
    finally:
        os.close(parent)


class _Removal:
    def __init__(self, parent: int, name: str) -> None:
        self._parent = parent
        self._name = name
        self._moved = 0
        self._trouble: OSError | None = None

    def run(self) -> None:
        try:
            if not _is_folder(self._name, self._parent):
                os.unlink(self._name, dir_fd=self._parent)
                return
            top = _enter(self._name, self._parent)
        except FileNotFoundError:
            return
        try:
            waiting = self._empty(top, top)
            while waiting:
                waiting += self._remove_inner(waiting.pop(), top)
        finally:
            os.close(top)
        if self._trouble is not None:
            raise self._trouble
        os.rmdir(self._name, dir_fd=self._parent)

    def _remove_inner(self, name: str, top: int) -> list[str]:
        """Removes a folder of the top.

        Returns the names of the folders that it moved from there to the top.
        """
        try:
            inner = _enter(name, top)
        except OSError as error:
            self._trouble = error
            return []
        try:
            moved = self._empty(inner, top)
        finally:
            os.close(inner)
        try:
            os.rmdir(name, dir_fd=top)
        except OSError as error:
            self._trouble = self._trouble or error
        return moved

    def _empty(self, folder: int, top: int) -> list[str]:
        """Removes the files of a folder and moves its folders to the top; returns their names there."""
        folders = []
        for name in os.listdir(folder):
            try:
                if not _is_folder(name, folder):
                    os.unlink(name, dir_fd=folder)
                elif folder == top:
                    folders.append(name)
                else:
                    folders.append(self._move_up(name, folder, top))
            except OSError as error:
                self._trouble = self._trouble or error
        return folders

    def _move_up(self, name: str, folder: int, top: int) -> str:
        os.close(_enter(name, folder))  # a folder that may not be written can't be moved either
        while True:
            self._moved += 1
            free = f".removed-{self._moved}"
            try:
                os.stat(free, dir_fd=top, follow_symlinks=False)
            except FileNotFoundError:
                os.rename(name, free, src_dir_fd=folder, dst_dir_fd=top)
                return free


def _is_folder(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _enter(name: str, parent: int) -> int:
    """Opens a folder and lets its owner change it."""
    try:
        descriptor = os.open(name, _FOLDER, dir_fd=parent)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=parent)
        descriptor = os.open(name, _FOLDER, dir_fd=parent)
    os.fchmod(descriptor, 0o700)
    return descriptor
