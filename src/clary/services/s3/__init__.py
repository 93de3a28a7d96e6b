"""S3: buckets, objects, listings and multipart uploads, stored in ``clary.store.blobs``.

Not supported: CORS, access control lists, lifecycle rules, object lock, and
encryption at rest. ``ServerSideEncryption`` is accepted and echoed, because SDKs send it by default. For
encryption, put the state folder on an encrypted disk. Customer keys (SSE-C) are refused.
"""
