"""EnableNetworkIsolation: kept for containers, which have networks of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

if TYPE_CHECKING:
    from .stores import Stores


def check_isolation(stores: Stores, member: str, image_uri: str) -> None:
    """Raises ValidationError when hosts of an image would not be isolated. member: as in the request."""
    if not stores.machines.isolates(image_uri):
        raise ValidationError(
            f"{member} is true, but hosts share this machine's network, so it would not be kept; set it to "
            "false, or run an image of the container engine (CLARY_COMPUTE=container)."
        )
