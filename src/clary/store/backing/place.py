"""Which S3 a database's content lies in: a note in the bucket and a row in the database say the same mark.

Where the objects themselves are another S3's (``direct``), the row has the mark DIRECT, and there is no note.

So a server that is told of another bucket, or of none, does not start and look as if content were lost.
"""

from __future__ import annotations

import json
import logging
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from clary.store.schema import backing_place as table
from clary.store.schema import object_versions, objects

from .failures import BackingRefused, BackingUnavailable

if TYPE_CHECKING:
    from clary.store.database import Database

    from .bucket import BackingBucket

NOTE = "clary-objects.json"
DIRECT = "direct"

log = logging.getLogger("clary.store")


class Misplaced(Exception):
    """The settings do not say where the content of this database lies; the message says where that is."""


def known_place(database: Database) -> tuple[str, str] | None:
    """Returns mark and address of the S3 that has content of this database; None: it has none in an S3."""
    with database.read() as connection:
        row = connection.execute(sa.select(table.c.mark, table.c.address)).first()
    return None if row is None else (row.mark, row.address)


def require_none(database: Database) -> None:
    """Raises Misplaced when content of the database lies in an S3."""
    known = known_place(database)
    if known is not None:
        _require_indirect(known)
        raise Misplaced(
            f"the content of this installation's objects lies in the S3 {known[1]}: set CLARY_S3 to it, or "
            "bring everything back first: with CLARY_S3 set, clary objects --to folder"
        )


def forget_place(database: Database) -> None:
    """Nothing of the database lies in an S3 any more."""
    with database.write() as connection:
        connection.execute(sa.delete(table))


def take_place(bucket: BackingBucket, database: Database) -> None:
    """Checks that the bucket is the one of this database, and makes it that of a database without one.

    Raises Misplaced, and BackingRefused for a bucket that can't be used. An S3 that does not answer is no
    reason not to start: Clary answers everything else meanwhile.
    """
    known = known_place(database)
    if known is not None:
        _require_indirect(known)
    try:
        mark = _mark(bucket, make=known is None)
    except BackingUnavailable as error:
        if known is None:
            raise
        log.error("the content of objects can't be reached at the moment: %s", error)
        return
    if known is None:
        with database.write() as connection:
            connection.execute(table.insert(), {"mark": mark, "address": str(bucket.address)})
    elif known[0] != mark:
        raise Misplaced(
            f"CLARY_S3 is {bucket.address}, and the content of this installation's objects lies in "
            f"{known[1]}: set CLARY_S3 to it. If you have copied the bucket, copy {NOTE} too"
        )
    elif known[1] != str(bucket.address):
        # The same bucket under another name.
        with database.write() as connection:
            connection.execute(sa.update(table).values(address=str(bucket.address)))


def take_direct_place(endpoint: str, database: Database) -> None:
    """Makes an S3 the one that has this database's objects. Raises Misplaced when it has objects itself."""
    known = known_place(database)
    with database.write() as connection:
        if any(
            connection.execute(sa.select(each.c.key).limit(1)).first() is not None
            for each in (objects, object_versions)
        ):
            raise Misplaced(
                "this installation has objects of its own, which nobody would see with CLARY_S3_DIRECT. "
                "Start it without that, copy them to the other S3 (aws s3 sync), and delete them; or use "
                "another CLARY_HOME"
            )
        if known is not None and known[0] != DIRECT:
            connection.execute(sa.delete(table))
        if known is None or known[0] != DIRECT:
            connection.execute(table.insert(), {"mark": DIRECT, "address": endpoint})
        elif known[1] != endpoint:
            connection.execute(sa.update(table).values(address=endpoint))


def _require_indirect(known: tuple[str, str]) -> None:
    """Raises Misplaced when the objects are those of another S3."""
    if known[0] == DIRECT:
        raise Misplaced(
            f"the objects of this installation are those of the S3 {known[1]}: set CLARY_S3 to it, and "
            "CLARY_S3_DIRECT=yes. To go on without them: with both set, clary objects --to folder"
        )


def _mark(bucket: BackingBucket, *, make: bool) -> str:
    """Returns the mark in the bucket; empty when there is none. make: makes one."""
    try:
        found = bucket.read_note(NOTE)
    except BackingRefused as error:
        if not (make and bucket.address.makes_bucket and "NoSuchBucket" in str(error)):
            raise
        bucket.make()
        found = None
    if found is not None:
        try:
            return str(json.loads(found)["Mark"])
        except (ValueError, KeyError, TypeError):
            raise BackingRefused(
                f"{NOTE} in {bucket.address} is not a note of Clary; name another prefix"
            ) from None
    if not make:
        return ""
    mark = secrets.token_hex(16)
    note = {"Mark": mark, "What": "Clary keeps the content of objects below here. Delete nothing by hand."}
    bucket.write_note(NOTE, json.dumps(note).encode())
    return mark
