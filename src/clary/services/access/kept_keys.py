"""The keys of the installation, as operations may change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from clary.domain.identity import Credentials


class KeptKeys(Protocol):
    """What is kept in the folder of each server, and sealed in the database that they share."""

    def secret(self, *, new: bool = False) -> str:
        """Returns the secret that a further server needs to join. new: makes another one.

        Raises BadRequest where the database has one server.
        """

    def replace_root(self, root: Credentials) -> None:
        """Replaces the root key at all servers, with the commit of the present transaction."""
