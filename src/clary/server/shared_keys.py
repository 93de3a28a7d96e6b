"""The keys that all servers of one database have: sealed in the database, and in the folder of each.

    database has none          the folder's keys become those of the installation; made where it has none
    folder has the same        the server starts; a root key that was replaced meanwhile is taken over
    folder has none            CLARY_SECRET opens those of the database, and they are written into the folder
    anything else              the server refuses to start, and changes nothing

A database that is a file has one server: its keys are in the folder only.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest
from clary.runner.servers import KIND as SERVER
from clary.services.access.sealed_keys import (
    InstallationKeys,
    WrongKey,
    new_secret,
    open_with_secret,
    open_with_token_key,
    seal,
)
from clary.store.drivers import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.identity import Credentials
    from clary.server.settings import Settings
    from clary.server.state import StateFolder
    from clary.store.database import Database
    from clary.store.records import Records

KIND, NAME = "clary-keys", "installation"

JOIN = (
    "To join its installation, this server needs the installation's secret: set CLARY_SECRET to what "
    "clary keys secret prints at a server that belongs to it"
)
LOST = "Where every folder with the keys is lost: clary keys reset"

log = logging.getLogger("clary.server")


class KeysRefused(Exception):
    """The folder does not have the keys of the database's installation; the message says what to do."""


class SharedKeys:
    """The keys of this server's installation. Safe to use from any thread.

    Raises KeysRefused where the folder has none, or others.
    """

    def __init__(self, settings: Settings, state: StateFolder, database: Database, records: Records) -> None:
        self._settings = settings
        self._state = state
        self._database = database
        self._records = records
        self._shared = database.shared_clock is not None
        self._use_root: Callable[[Credentials], None] | None = None
        if self._shared:
            # One server after the other: no two make keys for one database.
            with database.write():
                self._keys = self._agree()
        else:
            self._keys = InstallationKeys(state.root_credentials(), state.token_key(), "")

    @property
    def root(self) -> Credentials:
        return self._keys.root

    @property
    def token_key(self) -> bytes:
        return self._keys.token_key

    def follow(self, use_root: Callable[[Credentials], None]) -> None:
        """Calls ``use_root`` with each root key that replaces the one of before, at whichever server."""
        self._use_root = use_root
        if self._shared:
            self._records.on_change(self._changed)

    def secret(self, *, new: bool = False) -> str:
        """Returns the secret that a further server needs. new: makes another one. Raises BadRequest."""
        if not self._shared:
            raise BadRequest(
                "records are in a file, which has one server. Several servers need PostgreSQL: "
                "docs/user/postgresql.md"
            )
        present = self._present()
        if new:
            present = replace(present, secret=new_secret())
            self._records.update(KIND, NAME, seal(present))
        return present.secret

    def replace_root(self, root: Credentials) -> None:
        """Replaces the root key at all servers, with the commit of the transaction that this is called in."""
        if self._shared:
            self._records.update(KIND, NAME, seal(replace(self._present(), root=root)))
        else:
            self._state.keep_root(root)
        self._database.after_commit(lambda: self._take(root))

    def _agree(self) -> InstallationKeys:
        """Returns the keys of the installation, and writes what the folder or the database lacks."""
        state, secret = self._state, self._settings.secret
        sealed = self._records.find(KIND, NAME)
        token_key = state.known_token_key()
        if sealed is None:
            if token_key is None and any(self._records.each(SERVER)):
                raise KeysRefused(
                    f"{self._place()} is used by a server of another folder, whose keys it has not yet. "
                    f"Start that server first, with this version of Clary. {JOIN}. {LOST}"
                )
            keys = InstallationKeys(state.root_credentials(), state.token_key(), secret or new_secret())
            self._records.insert(KIND, NAME, seal(keys))
            return keys
        if token_key is not None:
            try:
                keys = open_with_token_key(sealed, token_key)
            except WrongKey:
                raise KeysRefused(
                    f"{state.home} has other keys than the installation in {self._place()}: it has belonged "
                    "to another one. Name another folder with --home, or move credentials.json and "
                    f"token.key out of it. {JOIN}. {LOST}"
                ) from None
            if secret and secret != keys.secret:
                log.warning(
                    "CLARY_SECRET is not the secret of this installation; it is not needed here either"
                )
        elif not secret:
            raise KeysRefused(
                f"{self._place()} has the keys of an installation, and {state.home} has none. {JOIN}"
            )
        else:
            try:
                keys = open_with_secret(sealed, secret)
            except WrongKey:
                raise KeysRefused(
                    f"CLARY_SECRET is not the secret of the installation in {self._place()}. {JOIN}. {LOST}"
                ) from None
        state.keep_keys(keys.root, keys.token_key)
        return keys

    def _place(self) -> str:
        return f"the database {self._database.place}"

    def _present(self) -> InstallationKeys:
        """Raises BadRequest when the keys of the database are not this server's any more."""
        sealed = self._records.find(KIND, NAME)
        try:
            return open_with_token_key(sealed or {}, self.token_key)
        except WrongKey:
            raise BadRequest(
                "the keys in the database are not those of this server any more (clary keys reset): "
                "restart it, which says what to do"
            ) from None

    def _changed(self, kind: str, name: str) -> None:
        if (kind, name) != (KIND, NAME):
            return
        try:
            present = self._present()
        except (BadRequest, DatabaseUnavailable) as error:
            log.warning("the keys of the installation have changed and could not be read: %s", error)
        else:
            self._take(present.root)

    def _take(self, root: Credentials) -> None:
        if root == self._keys.root:
            return
        self._keys = replace(self._keys, root=root)
        if self._use_root is not None:
            self._use_root(root)
        if self._shared:
            self._state.keep_root(root)
        log.info("the root key is %s from now on", root.access_key_id)


def forget_keys(database: Database, records: Records) -> None:
    """Forgets the keys of an installation whose folders are lost: the next server to start makes others."""
    with database.write():
        for kind, names in ((KIND, records.names(KIND)), (SERVER, records.names(SERVER))):
            for name in names:
                records.delete(kind, name)
