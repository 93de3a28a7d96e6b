"""All tables. A change here needs a migration in ``migrations/versions``; a test compares the two.

Instants are epoch seconds (float, UTC); documents are JSON in the wire's own spelling.
S3 keys are BLOBs of their UTF-8 bytes, because S3 lists in byte order. Texts are compared by their bytes too
(``dialects``).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    text,
)

metadata = MetaData()

# In SQLite only a column of type INTEGER is an alias of the row id.
RowId = BigInteger().with_variant(Integer, "sqlite")


def _present(column: str) -> dict[str, Any]:
    """Says that an index has only rows with a value in a column."""
    condition = text(f"{column} IS NOT NULL")
    return {"sqlite_where": condition, "postgresql_where": condition}


records = Table(
    "records",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("arn", String, nullable=False),
    Column("status", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("modified_at", Float, nullable=False),
    Column("version", Integer, nullable=False),
    Column("lease_holder", String, nullable=False, server_default=""),
    Column("lease_until", Float, nullable=False, server_default="0"),
    Column("document", LargeBinary, nullable=False),
    Index("records_by_name", "kind", "name"),
    # Names are unique in any case, because an ARN has them in lower case.
    Index("records_by_lower_name", "kind", func.lower(text("name")), unique=True),
    Index("records_by_creation", "kind", "created_at", "id"),
    Index("records_by_modification", "kind", "modified_at", "id"),
    Index("records_by_status", "kind", "status", "id"),
    Index("records_by_arn", "arn"),
)

tags = Table(
    "tags",
    metadata,
    Column("arn", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
    Index("tags_by_key", "key", "value"),
)

attribute_paths = Table(
    "facet_paths",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String, nullable=False),
    # As in the documents, and in lower case: callers may use either.
    Column("path", String, nullable=False),
    Column("folded", String, nullable=False),
    Index("facet_paths_by_path", "kind", "path", unique=True),
    Index("facet_paths_by_folded", "kind", "folded"),
)

attribute_values = Table(
    "facets",
    metadata,
    Column("record", RowId, primary_key=True, autoincrement=False),
    Column("path", RowId, primary_key=True, autoincrement=False),
    # The index in a list times 2**20, plus the index of the value of this path inside the element.
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("string", String),
    Column("number", Float),
    # 1 for the first value of a path in a record, by which the record is sorted.
    Column("lead", Integer, nullable=False),
    Index("facets_by_number", "path", "number", "record", "lead", **_present("number")),
    Index("facets_by_string", "path", "string", "record", "lead", **_present("string")),
    sqlite_with_rowid=False,
)

stale_attributes = Table(
    "stale_facets",
    metadata,
    # Records whose tags, parents or metrics have changed since their attributes were indexed.
    Column("record", RowId, primary_key=True, autoincrement=False),
)

links = Table(
    "links",
    metadata,
    # What is linked to what: a trial to its components, an artifact to the job that read it.
    Column("kind", String, primary_key=True),
    Column("source", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("label", String, nullable=False, server_default=""),
    Column("created_at", Float, nullable=False),
    # JSON: further members of the link.
    Column("attributes", LargeBinary, nullable=False),
    Index("links_by_target", "kind", "target", "source"),
    sqlite_with_rowid=False,
)

buckets = Table(
    "buckets",
    metadata,
    Column("name", String, primary_key=True),
    Column("region", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("tags", LargeBinary, nullable=False),
    # Enabled, Suspended, or empty if it was never enabled.
    Column("versioning", String, nullable=False, server_default=""),
)

objects = Table(
    "objects",
    metadata,
    Column("bucket", String, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("blob", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("etag", String, nullable=False),
    Column("modified_at", Float, nullable=False),
    # JSON: system headers, user metadata, checksums, tags, part sizes, storage class.
    Column("attributes", LargeBinary, nullable=False),
    # Empty for the null version.
    Column("version", String, nullable=False, server_default=""),
)

contents = Table(
    "contents",
    metadata,
    # No id is used twice, so one that was read a moment ago names this content or none.
    Column("id", RowId, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

object_versions = Table(
    "object_versions",
    metadata,
    # Older versions of objects, and delete markers. The smallest rank of a key is its newest version.
    Column("bucket", String, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("rank", BigInteger, primary_key=True, autoincrement=False),
    Column("version", String, nullable=False),
    # Empty for a delete marker.
    Column("blob", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("etag", String, nullable=False),
    Column("modified_at", Float, nullable=False),
    Column("attributes", LargeBinary, nullable=False),
    Index("object_versions_by_id", "bucket", "key", "version", unique=True),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String, primary_key=True),
    Column("bucket", String, nullable=False),
    Column("key", LargeBinary, nullable=False),
    # The file that parts of equal size are written to, each at its final place: part N of `stride` bytes
    # begins at (N - 1) * stride. The stride is 0 until it is known from a part.
    Column("blob", String, nullable=False),
    Column("stride", BigInteger, nullable=False, server_default="0"),
    Column("started_at", Float, nullable=False),
    Column("attributes", LargeBinary, nullable=False),
    Index("uploads_by_key", "bucket", "key", "id"),
)

parts = Table(
    "parts",
    metadata,
    Column("upload", String, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("blob", String, nullable=False),
    # Where the part begins in its blob, in bytes.
    Column("position", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("etag", String, nullable=False),
    Column("modified_at", Float, nullable=False),
    Column("attributes", LargeBinary, nullable=False),
)

backing_doubts = Table(
    "backing_doubts",
    metadata,
    # Content of the S3 behind Clary that no row of an object names: not yet, or not any more.
    Column("blob", String, primary_key=True),
    # The process that writes it and may still name it; empty when it is only to be removed.
    Column("owner", String, nullable=False),
    # Until then nobody else touches it.
    Column("until", Float, nullable=False),
    # 1 when an upload in parts may have begun whose id is not known here.
    Column("unfinished", Integer, nullable=False),
    Index("backing_doubts_by_until", "until"),
)

backing_place = Table(
    "backing_place",
    metadata,
    # The one S3 that this database's content lies in: what the note in its bucket says, and its address.
    Column("mark", String, primary_key=True),
    Column("address", String, nullable=False),
)

log_streams = Table(
    "log_streams",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("log_group", String, nullable=False),
    Column("name", String, nullable=False),
    Column("created_at", Float, nullable=False),
    # Event times are milliseconds, as on the wire; 0 while the stream has no event.
    Column("first_event_ms", BigInteger, nullable=False, server_default="0"),
    Column("last_event_ms", BigInteger, nullable=False, server_default="0"),
    Column("last_ingested_ms", BigInteger, nullable=False, server_default="0"),
    # All events ever accepted. It is the sequence token, so expiry and deletion never lower it.
    Column("event_count", BigInteger, nullable=False, server_default="0"),
    Column("stored_bytes", BigInteger, nullable=False, server_default="0"),
    Index("log_streams_by_name", "log_group", "name", unique=True),
    Index("log_streams_by_last_event", "log_group", "last_event_ms", "name"),
)

log_groups = Table(
    "log_groups",
    metadata,
    Column("name", String, primary_key=True),
    Column("created_at", Float, nullable=False),
    # JSON: retentionInDays, logGroupClass, kmsKeyId, deletionProtectionEnabled.
    Column("attributes", LargeBinary, nullable=False),
)

log_events = Table(
    "log_events",
    metadata,
    # Rows are stored in the order of reading: by time, then by arrival (from 1) in one millisecond.
    Column("stream", RowId, ForeignKey("log_streams.id", ondelete="CASCADE"), primary_key=True),
    Column("at_ms", BigInteger, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("ingested_ms", BigInteger, nullable=False),
    Column("message", String, nullable=False),
    sqlite_with_rowid=False,
)

metric_series = Table(
    "metric_series",
    metadata,
    Column("id", RowId, primary_key=True),
    # ARN of the job or the trial component that the series belongs to.
    Column("owner", String, nullable=False),
    Column("name", String, nullable=False),
    Column("count", BigInteger, nullable=False),
    # Points that are numbers; minimum, maximum, mean and m2 are over these, and NULL while there is none.
    Column("finite", BigInteger, nullable=False),
    Column("minimum", Float),
    Column("maximum", Float),
    # NULL means NaN, which SQLite does not store.
    Column("last", Float),
    Column("last_at", Float, nullable=False),
    Column("last_step", BigInteger),
    # Number of the host that sent the last value; NULL when a caller did.
    Column("last_host", Integer),
    Column("mean", Float),
    # Sum of squared differences from the mean (Welford's algorithm).
    Column("m2", Float),
    # Index of the first point that is not yet packed into a full chunk.
    Column("packed", BigInteger, nullable=False),
    Index("metric_series_by_name", "owner", "name", unique=True),
)

_EXTENT_COLUMNS = (
    *("series", "first", "count", "start_at", "end_at"),
    *("start_step", "end_step", "stepless", "low", "high"),
)

metric_chunks = Table(
    "metric_chunks",
    metadata,
    # A run of points in the order of arrival: [first, first + count) of its series.
    Column("series", RowId, ForeignKey("metric_series.id", ondelete="CASCADE"), primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("start_at", Float, nullable=False),
    Column("end_at", Float, nullable=False),
    # Over the points that have a step; NULL when none has.
    Column("start_step", BigInteger),
    Column("end_step", BigInteger),
    Column("stepless", Integer, nullable=False),
    # The points with the lowest and highest value, packed; NULL when no value is finite.
    Column("low", LargeBinary),
    Column("high", LargeBinary),
    # Packed columns.
    Column("points", LargeBinary, nullable=False),
    # All but the points: what a chart reads of a series lies together, in a fifth of the pages.
    Index("metric_chunks_extents", *_EXTENT_COLUMNS),
    sqlite_with_rowid=False,
)

metric_inbox = Table(
    "metric_inbox",
    metadata,
    # Small batches, in the order of arrival, until they are folded into their series.
    Column("owner", String, primary_key=True),
    # How many points of the owner waited before these.
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    # Number of the host that sent them; NULL when a caller did.
    Column("host", Integer),
    Column("count", Integer, nullable=False),
    # JSON: the name of each point's series.
    Column("names", LargeBinary, nullable=False),
    # Packed columns, as in a chunk.
    Column("points", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

metric_sequences = Table(
    "metric_sequences",
    metadata,
    # How many points of one sender (a host) are accepted: its next batch begins there.
    Column("owner", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("accepted", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
