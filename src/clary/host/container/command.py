"""The command of a container, as ``docker run`` would make it of an image and what a job gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.hosts import ContainerImage


def image_command(
    image: ContainerImage,
    entrypoint: Sequence[str],
    arguments: Sequence[str],
    default: Sequence[str] | None = None,
) -> list[str]:
    """Returns all words of the command.

    An entrypoint replaces the image's, and then the image's own command does not count. Arguments replace
    that command. default: the arguments where a job gives neither; None: the image's own command.
    """
    if entrypoint:
        return [*entrypoint, *arguments]
    if arguments:
        return [*image.entrypoint, *arguments]
    return [*image.entrypoint, *(image.command if default is None else default)]
