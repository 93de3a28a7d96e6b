"""What the agent beside a host asks: the few private operations AWS has no name for.

An agent's credentials name one host (``<job name>/<algo-N>``); it may speak for that one only, which
is checked before these are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import Arn, assumed_role_arn
from clary.domain.errors import BadRequest, Denied, NotFound
from clary.domain.identity import Caller, PrincipalKind
from clary.services.access.authorize import may
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from clary.services.context import Context, Document

TRAINING_JOB = "training-job"
ROLE_SESSION = "SageMaker"
ROLE_TTL_S = 3600.0
LOCATE_LIMIT = 1000


def report_host(ctx: Context, request: Document) -> Document:
    """Keeps what a host says of itself in its job's record; the runner wakes by the commit."""
    job, host = _named(request)
    report = request.get("Report")
    if not isinstance(report, dict) or not {"Phases", "Outcome", "Reason", "ModelUploaded"} <= report.keys():
        raise BadRequest("Report has to have Phases, Outcome, Reason and ModelUploaded")

    def keep(record: Document) -> Document:
        if host not in record.get("_Hosts", {host: ""}):
            raise NotFound(f"{job} has no host {host}")
        return {"_Reports": {**record.get("_Reports", {}), host: report}}

    try:
        ctx.records.update(TRAINING_JOB, job, keep)
    except RecordMissing:
        raise NotFound(f"there is no job {job}") from None
    return {}


def role_credentials(ctx: Context, request: Document) -> Document:
    """Short-lived credentials of the job's execution role."""
    role = _role_caller(ctx, request)
    minted = ctx.keyring.mint(
        PrincipalKind.ASSUMED_ROLE, role.name, arn=role.arn, session_name=ROLE_SESSION, ttl_s=ROLE_TTL_S
    )
    return {
        "AccessKeyId": minted.access_key_id,
        "SecretAccessKey": minted.secret_access_key,
        "SessionToken": minted.session_token,
        "Expiration": minted.expires_at,
    }


def locate_objects(ctx: Context, request: Document) -> Document:
    """Where the bytes of stored objects lie on this machine, for staging without a copy.

    Either every object under ``Prefix``, in pages, or the named ``Keys``. The job's role has to be
    allowed to list and to read them.
    """
    bucket = request.get("Bucket")
    if not isinstance(bucket, str) or not bucket:
        raise BadRequest("Bucket is required")
    role = _role_caller(ctx, request)
    bucket_arn = f"arn:aws:s3:::{bucket}"
    keys = request.get("Keys")
    if keys is None:
        prefix = request.get("Prefix", "")
        _require(ctx, role, "s3:ListBucket", bucket_arn)
        found, following = ctx.blobs.locate(bucket, prefix, start_after=request.get("StartAfter"), limit=LOCATE_LIMIT)
    else:
        found, following = ctx.blobs.locate_keys(bucket, keys), None
    for entry in found:
        _require(ctx, role, "s3:GetObject", f"{bucket_arn}/{entry.key}")
    answer: Document = {
        "Objects": [{"Key": entry.key, "Size": entry.size, "Path": str(entry.path)} for entry in found]
    }
    if following is not None:
        answer["NextStartAfter"] = following
    return answer


def put_host_metrics(ctx: Context, request: Document) -> Document:
    """Keeps metric points of a job, each exactly once however often a batch is sent."""
    job, host = _named(request)
    record = _record(ctx, job)
    points = [(str(name), float(at), step, float(value)) for name, at, step, value in request.get("Points", [])]
    accepted = ctx.metrics.append(
        record["TrainingJobArn"], points, sequence=(f"{job}/{host}", int(request.get("Sequence", 0)))
    )
    return {"Sequence": accepted}


def _named(request: Document) -> tuple[str, str]:
    job, _, host = request["Host"].rpartition("/")
    return job, host


def _record(ctx: Context, job: str) -> Document:
    record = ctx.records.find(TRAINING_JOB, job)
    if record is None:
        raise NotFound(f"there is no job {job}")
    return record


def _role_caller(ctx: Context, request: Document) -> Caller:
    job, _ = _named(request)
    name = Arn.parse(_record(ctx, job)["RoleArn"]).resource.rpartition("/")[2]
    return Caller(
        kind=PrincipalKind.ASSUMED_ROLE,
        account=ctx.account,
        arn=assumed_role_arn(ctx.account, name, ROLE_SESSION),
        name=name,
        access_key_id="",
        principal_id="",
        session_name=ROLE_SESSION,
    )


def _require(ctx: Context, role: Caller, action: str, resource: str) -> None:
    if not may(role, ctx.records, action, resource, source_ip="127.0.0.1", now=ctx.now()):
        raise Denied(
            f"User: {role.arn} is not authorized to perform: {action} on resource: {resource} because no "
            f"identity-based policy allows the {action} action",
            code="AccessDenied",
            http_status=403,
        )


