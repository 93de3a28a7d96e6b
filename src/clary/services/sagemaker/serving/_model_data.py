"""Checks that the data of a model is there, and that the model's role may read it.

A missing object and a role that may not read it are told apart, in AWS's words. What the role may not read is
told first, so that nobody learns through a role what exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject

MOST_CHECKED = 1000
"""Objects of an uncompressed model. Whether the role may read the others shows when a host fetches them."""


def check_data_url(ctx: Context, role: str, where: str, uri: str) -> None:
    """Checks the archive of a model. Raises ValidationError."""
    bucket, key = _bucket_and_key(where, uri)
    if key.endswith("/") or not key:
        raise ValidationError(
            f"{where} is {uri}, which names a folder; give the URI of an archive such as model.tar.gz, or an "
            "uncompressed model as ModelDataSource, with S3DataType S3Prefix and CompressionType None."
        )
    _readable_object(ctx, role, uri, bucket, key)


def check_data_source(ctx: Context, role: str, where: str, source: Document) -> None:
    """Checks a ``ModelDataSource``. Raises ValidationError."""
    if "S3DataSource" not in source:
        raise ValidationError(f"{where}.S3DataSource is required.")
    s3, where = source["S3DataSource"], f"{where}.S3DataSource"
    for member in ("ManifestS3Uri", "ManifestEtag", "HubAccessConfig"):
        if member in s3:
            raise ValidationError(f"{where}.{member} is not served; leave it out and give the S3Uri.")
    uri = s3["S3Uri"]
    bucket, key = _bucket_and_key(f"{where}.S3Uri", uri)
    if s3["S3DataType"] == "S3Object":
        stored = _readable_object(ctx, role, uri, bucket, key)
        if "ETag" in s3 and s3["ETag"].strip('"') != stored.etag:
            raise ValidationError(
                f"{where}.ETag is {s3['ETag']}, but the object at {uri} has the ETag {stored.etag}: it has "
                "changed since. Give the present one, or leave ETag out."
            )
        return
    if s3["CompressionType"] != "None":
        raise ValidationError(
            f"{where}.CompressionType is {s3['CompressionType']}, which S3DataType S3Prefix does not take; "
            "use None, or S3Object for an archive."
        )
    if not key.endswith("/"):
        raise ValidationError(
            f"{where}.S3Uri is {uri}; with S3DataType S3Prefix it has to end with / and to have a folder."
        )
    _check_readable_folder(ctx, role, uri, bucket, key)


def check_shared_prefix(ctx: Context, where: str, uri: str) -> None:
    """Checks the place of many models, which may be put there later. Raises ValidationError."""
    bucket, _ = _bucket_and_key(where, uri)
    if not ctx.blobs.buckets.exists(bucket):
        raise _missing(uri, f"There is no bucket {bucket}.")


def _bucket_and_key(where: str, uri: str) -> tuple[str, str]:
    if not uri.startswith("s3://"):
        raise ValidationError(f"{where} is {uri!r}; it has to begin with s3://")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _readable_object(ctx: Context, role: str, uri: str, bucket: str, key: str) -> StoredObject:
    _require(ctx, role, uri, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
    stored = ctx.blobs.objects.find(bucket, key)
    if stored is None or stored.is_marker:
        raise _missing(uri, "" if ctx.blobs.buckets.exists(bucket) else f"There is no bucket {bucket}.")
    return stored


def _check_readable_folder(ctx: Context, role: str, uri: str, bucket: str, prefix: str) -> None:
    """Raises ValidationError, also for a folder without objects."""
    listing = {"s3:prefix": prefix}
    _require(ctx, role, uri, "s3:ListBucket", f"arn:aws:s3:::{bucket}", listing)
    found: Sequence[StoredObject] = ctx.blobs.objects.page(bucket, prefix=prefix, limit=MOST_CHECKED).rows
    for stored in found:
        _require(ctx, role, uri, "s3:GetObject", f"arn:aws:s3:::{bucket}/{stored.key}")
    if not any(stored.size for stored in found):
        raise _missing(uri, "There is no object below it.")


def _require(
    ctx: Context, role: str, uri: str, action: str, resource: str, keys: dict[str, str] | None = None
) -> None:
    if not ctx.role_may(role, action, resource, keys):
        raise ValidationError(
            f'Could not access model data at {uri}. Please ensure that the role "{role}" exists and that its '
            'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"sagemaker.amazonaws.com". Also ensure that the role has "{action}" permissions and that the '
            f"object is located in {ctx.region}. The role has no permission for {action} on {resource}."
        )


def _missing(uri: str, why: str) -> ValidationError:
    return ValidationError(f"Could not find model data at {uri}. {why}".rstrip())
