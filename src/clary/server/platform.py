"""The parts of one server, built in one place from its settings."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clary.kinds.catalogue import all_kinds
from clary.runner.pulse import Pulse
from clary.server.backing import open_objects
from clary.server.homes import Homes
from clary.server.passing_on import PassingOn
from clary.server.reading_processes import ReadingProcesses
from clary.server.shared_keys import SharedKeys
from clary.server.studio.changes import Changes
from clary.services.access.bootstrap import ensure_defaults
from clary.services.access.credentials import Keyring
from clary.services.access.resource_tags import ResourceTags
from clary.services.access.user_secrets import seal_earlier
from clary.store.attribute_index.joined import search_jobs
from clary.store.database import Database
from clary.store.links import Links
from clary.store.logs import LogStore
from clary.store.metrics import MetricStore
from clary.store.records import Records
from clary.store.row_copies import FOLDER
from clary.store.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.kinds.stores import Machines
    from clary.server.settings import Settings
    from clary.server.state import StateFolder
    from clary.store.object_store import S3Store


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts. Services and the runner meet in these stores, never in a call."""

    settings: Settings
    state: StateFolder
    database: Database
    records: Records
    tags: Tags
    links: Links
    blobs: S3Store
    logs: LogStore
    metrics: MetricStore
    keyring: Keyring
    keys: SharedKeys
    pulse: Pulse
    passing_on: PassingOn
    homes: Homes | None
    """Of the servers of this machine; None where the database has one server."""
    resource_tags: ResourceTags
    machines: Machines
    reading: ReadingProcesses
    changes: Changes
    now: Callable[[], float]

    def close(self) -> None:
        self.reading.close()
        self.blobs.close()
        self.database.close()


def build_platform(
    settings: Settings, state: StateFolder, machines: Machines, now: Callable[[], float] = time.time
) -> Platform:
    """Opens the state folder with all that earlier servers stored in it.

    Raises DatabaseUnavailable, KeysRefused, Misplaced and BackingError.
    """
    state.prepare()
    database = Database(settings.database) if settings.database else Database.at(state.database)
    database.announcements.require_sessions()
    search_jobs(kind.record_kind for kind in all_kinds().values() if kind.search_members)
    records = Records(database, now, database.shared_clock)
    keys = SharedKeys(settings, state, database, records)
    keyring = Keyring(
        keys.token_key,
        keys.root,
        settings.account,
        records,
        now,
        job_session_s=settings.job_session_s,
    )
    keys.follow(keyring.use_root)
    homes = Homes(state, records) if database.shared_clock else None
    if homes is not None:
        homes.announce()
    # Servers that start at once make them once.
    with database.write():
        ensure_defaults(records, settings.account)
        seal_earlier(records, keyring.user_secrets)
    tags = Tags(database)
    links = Links(database, now)
    # Servers of one database share the folder of objects, and each has copies of its own.
    copies = f"copies.{state.server_name()}" if database.shared_clock else FOLDER
    blobs = open_objects(settings, state, database, records, copies, now)
    database.announcements.listen()
    return Platform(
        settings=settings,
        state=state,
        database=database,
        records=records,
        tags=tags,
        links=links,
        blobs=blobs,
        logs=LogStore(database),
        metrics=MetricStore(database),
        keyring=keyring,
        keys=keys,
        pulse=Pulse(dead_s=settings.takeover_s),
        passing_on=PassingOn(keys.token_key, state.server_name(), now),
        homes=homes,
        resource_tags=ResourceTags(records, tags, blobs.objects),
        machines=machines,
        reading=ReadingProcesses(),
        changes=Changes(records, links),
        now=now,
    )
