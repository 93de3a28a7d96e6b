"""S3: buckets, objects, listings and uploads in parts, as ``clary.store.blobs`` keeps them.

What S3 has and this has not: CORS, access control lists, lifecycle rules, object lock, and
encryption at rest. ``ServerSideEncryption`` is accepted and echoed, because SDKs send it on their own; who
needs encryption puts the state folder on an encrypted disk. Customer keys (SSE-C) are refused.
"""
