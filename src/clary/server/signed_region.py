"""Compares the region that a request is signed for with the region of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, Unauthenticated
from clary.wire.s3_address import bucket_of

if TYPE_CHECKING:
    from clary.server.platform import Platform
    from clary.wire.http import HttpRequest
    from clary.wire.sigv4 import Signature

GLOBAL_SERVICES = frozenset({"iam", "sts"})
"""Services with a global endpoint, whose requests are signed for GLOBAL_REGION. When an endpoint is set, as
``clary env`` does, clients sign for their own region."""
GLOBAL_REGION = "us-east-1"


def check_region(platform: Platform, signature: Signature, request: HttpRequest) -> None:
    """Raises BadRequest or Unauthenticated when a request is signed for another region than this server's."""
    region = platform.settings.region
    # A presigned URL of signature version 2 has no region.
    if signature.region == region or signature.version == 2:
        return
    if signature.service in GLOBAL_SERVICES and signature.region == GLOBAL_REGION:
        return
    if signature.service == "s3":
        # What another S3 knows of a bucket can't be asked here, on the event loop.
        bucket = None if platform.blobs.is_far else platform.blobs.buckets.find(bucket_of(request))
        if bucket is not None and bucket.region == signature.region:
            return  # The client asked for the bucket's location and signs for it.
        raise BadRequest(
            f"The authorization header is malformed; the region '{signature.region}' is wrong; "
            f"expecting '{region}'",
            code="AuthorizationHeaderMalformed",
            members={"Region": region},
        )
    raise Unauthenticated(
        f"Credential should be scoped to a valid region, not '{signature.region}': "
        f"this server is '{region}'. "
        'Run eval "$(clary env)" to set it.',
        code="SignatureDoesNotMatch",
        http_status=403,
    )
