"""What goes wrong with the S3 behind Clary, in words for whoever runs the server.

BackingError
├── BackingUnavailable    away, slow, or overloaded: the same request may succeed later
├── BackingRefused        its keys, its bucket, its clock or its rights are wrong: somebody has to act
├── ContentLost           an object of Clary's has no content there any more
└── UploadGone            an upload in parts is completed or aborted
"""

from __future__ import annotations

from botocore import exceptions as botocore_errors
from botocore.parsers import ResponseParserError


class BackingError(Exception):
    """The message is for the server's log and for ``clary doctor``."""


class BackingUnavailable(BackingError):
    """The S3 behind Clary does not answer, or not now."""


class BackingRefused(BackingError):
    """The S3 behind Clary refuses what Clary has to do."""


class ContentLost(BackingError):
    """Somebody else has removed content, or it is of another bucket."""


class UploadGone(BackingError):
    """The S3 behind Clary does not know an upload, or not these parts of it."""


_KEYS = "CLARY_S3_ACCESS_KEY_ID and CLARY_S3_SECRET_ACCESS_KEY (else AWS_ACCESS_KEY_ID, AWS_PROFILE ...)"

_WORDS = {
    "InvalidAccessKeyId": f"it does not know the access key. {_KEYS} have to be keys of that S3, "
    "not of Clary",
    "SignatureDoesNotMatch": f"the secret does not belong to the access key. Look at {_KEYS}, and at "
    "CLARY_S3_REGION",
    "AuthorizationHeaderMalformed": "it is of another region. Set CLARY_S3_REGION",
    "IllegalLocationConstraintException": "it is of another region. Set CLARY_S3_REGION",
    "ExpiredToken": "the temporary keys have expired. Give keys that stay, or a profile that renews them",
    "InvalidToken": "the session token does not belong to the access key. Unset AWS_SESSION_TOKEN, "
    "or set it too",
    "AccessDenied": "the keys may not do this. Allow s3:GetObject, s3:PutObject, s3:DeleteObject, "
    "s3:AbortMultipartUpload and s3:ListBucketMultipartUploads for the bucket",
    "AllAccessDisabled": "access to the bucket is disabled",
    "NoSuchBucket": "there is no such bucket. Make it, or name another one in CLARY_S3",
    "PermanentRedirect": "the bucket is in another region. Name the endpoint of that region in CLARY_S3",
    "RequestTimeTooSkewed": "the clock of this machine is more than 15 minutes off. Correct it "
    "(timedatectl set-ntp true)",
    "NotImplemented": "it does not have what Clary needs",
    "MethodNotAllowed": "it does not have what Clary needs",
    "InvalidObjectState": "content has been moved to an archive class; restore it, and keep it "
    "out of lifecycle rules",
    "QuotaExceeded": "its quota is used up",
    "XMinioStorageFull": "its disks are full",
}
_OF_STATUS = {
    "301": _WORDS["PermanentRedirect"],
    "400": _WORDS["AuthorizationHeaderMalformed"],
    "403": "the keys may not do this, or are not of that S3",
    "404": _WORDS["NoSuchBucket"],
}
_LOST = ("NoSuchKey", "NoSuchVersion")
_UPLOAD = ("NoSuchUpload", "InvalidPart", "InvalidPartOrder")


def in_words(error: Exception, place: str) -> BackingError:
    """Returns the error for what botocore raised. place: the address, which has no secret."""
    if isinstance(error, BackingError):
        return error
    if isinstance(error, botocore_errors.ClientError):
        return _of_answer(error, place)
    name, words = type(error).__name__, " ".join(str(error).split())
    if isinstance(error, botocore_errors.NoCredentialsError | botocore_errors.PartialCredentialsError):
        return BackingRefused(f"no keys for the S3 {place}: set {_KEYS}")
    if isinstance(
        error,
        botocore_errors.ProfileNotFound
        | botocore_errors.CredentialRetrievalError
        | botocore_errors.TokenRetrievalError,
    ):
        return BackingRefused(f"no keys for the S3 {place}: {words}")
    if isinstance(error, botocore_errors.SSLError):
        return BackingUnavailable(
            f"the S3 {place} has a certificate that this machine does not trust (AWS_CA_BUNDLE "
            f"names others): {words}"
        )
    if isinstance(error, ResponseParserError):
        return BackingRefused(f"what answers at {place} is no S3: {words:.200}")
    return BackingUnavailable(f"the S3 {place} does not answer ({name}: {words:.300})")


def _of_answer(error: botocore_errors.ClientError, place: str) -> BackingError:
    answer = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    said = " ".join(str(answer.get("Error", {}).get("Message", "")).split())
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    asked = error.operation_name
    if code in _LOST or (code == "404" and asked in ("HeadObject", "GetObject")):
        return ContentLost(f"the S3 {place} has lost content: {said}")
    if code in _UPLOAD:
        return UploadGone(f"the S3 {place} refuses {asked}: {code} {said}")
    words = _WORDS.get(code) or _OF_STATUS.get(code)
    if words is not None:
        return BackingRefused(f"the S3 {place} refuses {asked}: {words} ({code}: {said:.200})")
    if status >= 500 or status == 429 or code in ("SlowDown", "RequestTimeout", "Throttling"):
        return BackingUnavailable(f"the S3 {place} can't do {asked} now ({code or status}: {said:.200})")
    return BackingRefused(f"the S3 {place} refuses {asked} ({code or status}: {said:.200})")
