"""What is remembered: records, S3 objects, log streams, metric series, tags, leases.

Embedded by default (SQLite in WAL mode); every table is SQLAlchemy Core, so another database is
another URL. A write that was acknowledged survives ``kill -9``.
"""
