"""Stores the state of the platform: records, S3 objects, log streams, metric series, tags, leases.

The database is SQLite in WAL mode; the content of S3 objects lies in files beside it. A write that was
acknowledged survives ``kill -9``.
"""
