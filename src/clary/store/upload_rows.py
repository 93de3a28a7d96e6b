"""The rows of unfinished uploads and their parts, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from .blob_names import whole
from .prepared import Prepared
from .schema import parts, uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in parts that is neither completed nor aborted.

    blob: the file that parts of ``stride`` bytes share; the stride is 0 until it is known from a part. Or an
    upload in the S3 behind Clary, with a number of what it was last completed of (``backing.parts``).
    started_at: epoch seconds.
    """

    id: str
    bucket: str
    key: str
    blob: str
    stride: int
    started_at: float
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """The last upload of a part: ``size`` bytes of the file ``blob`` from ``position`` on."""

    upload: str
    number: int
    blob: str
    position: int
    size: int
    etag: str
    modified_at: float
    attributes: dict[str, Any]


def insert_upload(connection: Connection, upload: Upload) -> None:
    connection.execute(
        uploads.insert(),
        {
            "id": upload.id,
            "bucket": upload.bucket,
            "key": upload.key.encode(),
            "blob": upload.blob,
            "stride": upload.stride,
            "started_at": upload.started_at,
            "attributes": orjson.dumps(upload.attributes),
        },
    )


def find_upload(connection: Connection, upload_id: str) -> Upload | None:
    rows = _UPLOAD.rows(connection, {"b_id": upload_id})
    return _upload(rows[0]) if rows else None


def uploads_of(connection: Connection, bucket: str, prefix: bytes) -> list[Upload]:
    """Returns the uploads of a bucket whose keys begin with ``prefix``, by key, then by start time."""
    query = sa.select(uploads).where(uploads.c.bucket == bucket, uploads.c.key >= prefix)
    rows = connection.execute(query.order_by(uploads.c.key, uploads.c.started_at, uploads.c.id)).all()
    return [_upload(row) for row in rows if bytes(row.key).startswith(prefix)]


def set_stride(connection: Connection, upload_id: str, stride: int) -> None:
    connection.execute(sa.update(uploads).where(uploads.c.id == upload_id).values(stride=stride))


def put_part(connection: Connection, part: Part) -> Part | None:
    """Inserts or replaces a part. Returns the part that it replaces."""
    place = {"b_upload": part.upload, "b_number": part.number}
    values = {
        "blob": part.blob,
        "position": part.position,
        "size": part.size,
        "etag": part.etag,
        "modified_at": part.modified_at,
        "attributes": orjson.dumps(part.attributes),
    }
    before = find_part(connection, part.upload, part.number)
    if before is None:
        _INSERT_PART.execute(connection, {"upload": part.upload, "number": part.number, **values})
    else:
        _UPDATE_PART.execute(connection, {**place, **values})
    return before


def find_part(connection: Connection, upload_id: str, number: int) -> Part | None:
    rows = _PART.rows(connection, {"b_upload": upload_id, "b_number": number})
    return _part(rows[0]) if rows else None


def parts_of(
    connection: Connection, upload_id: str, *, after: int = 0, limit: int | None = None
) -> list[Part]:
    """Returns parts by number."""
    query = sa.select(parts).where(parts.c.upload == upload_id, parts.c.number > after)
    return [_part(row) for row in connection.execute(query.order_by(parts.c.number).limit(limit)).all()]


def delete_upload(
    connection: Connection, upload_id: str, remove: Callable[[str], None], *, keep: str = ""
) -> None:
    """Deletes an upload and its parts. Passes their content to ``remove``, except the content ``keep``."""
    upload = find_upload(connection, upload_id)
    if upload is None:
        return
    contents = {whole(part.blob): part.blob for part in parts_of(connection, upload_id)}
    contents[whole(upload.blob)] = upload.blob
    contents.pop(keep, None)
    connection.execute(sa.delete(parts).where(parts.c.upload == upload_id))
    connection.execute(sa.delete(uploads).where(uploads.c.id == upload_id))
    for blob in contents.values():
        remove(blob)


_UPLOAD_COLUMNS = [column.name for column in uploads.c]
_PART_COLUMNS = [column.name for column in parts.c]
_UPLOAD = Prepared(sa.select(uploads).where(uploads.c.id == sa.bindparam("b_id")))
_THIS_PART = sa.and_(parts.c.upload == sa.bindparam("b_upload"), parts.c.number == sa.bindparam("b_number"))
_PART = Prepared(sa.select(parts).where(_THIS_PART))
_INSERT_PART = Prepared(parts.insert(), _PART_COLUMNS)
_UPDATE_PART = Prepared(
    sa.update(parts).where(_THIS_PART), [name for name in _PART_COLUMNS if name not in ("upload", "number")]
)


def _upload(row: Sequence[Any]) -> Upload:
    values = dict(zip(_UPLOAD_COLUMNS, row, strict=True))
    return Upload(
        **{**values, "key": bytes(values["key"]).decode(), "attributes": orjson.loads(values["attributes"])}
    )


def _part(row: Sequence[Any]) -> Part:
    values = dict(zip(_PART_COLUMNS, row, strict=True))
    return Part(**{**values, "attributes": orjson.loads(values["attributes"])})
