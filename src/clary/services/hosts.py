"""The private operations of host agents, for which AWS has none.

The credentials of an agent name one host (a ``HostName``). The server checks before these are called that the
request is for that host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import assumed_role_arn, sagemaker_arn
from clary.domain.errors import BadRequest, NotFound
from clary.domain.hosts import HostName
from clary.domain.identity import PrincipalKind
from clary.domain.rule_events import event_flaw
from clary.kinds.catalogue import all_kinds
from clary.kinds.rule_evaluation.events import keep_rule_events
from clary.kinds.software import keep_packages
from clary.kinds.training_job.interruption import asked_interruption
from clary.services._host_objects import checksum_of, part_urls
from clary.services._reported import (
    checked_count,
    checked_keys,
    checked_packages,
    checked_points,
    checked_report,
    checked_text,
)
from clary.services._role_sessions import require, role_name, session_name
from clary.services._utilization import keep_utilization
from clary.store.backing import URL_S
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from clary.services._host_requests import (
        GetEnvironmentRequest,
        GetHostAddressesRequest,
        HostRequest,
        InterruptionRequest,
        LocateObjectsRequest,
        ProfilerConfigRequest,
        PutHostMetricsRequest,
        PutHostUtilizationRequest,
        ReportHostRequest,
        ReportPackagesRequest,
        ReportRulesRequest,
        RoleCredentialsRequest,
        SignPartsRequest,
    )
    from clary.services.context import Context, Document, Record

LOCATE_LIMIT = 1000


def report_host(ctx: Context, request: ReportHostRequest) -> Document:
    """Stores a host's report in the record of its job. The commit wakes the runner."""
    name = _named(request)
    report = checked_report(request.get("Report"))

    def keep(record: Record) -> Document:
        # Hosts that start together may report before the record says that they were started, also again.
        started = record.get("_Hosts") or {name.host: ""}
        # Hosts that are started one by one may report before the record says that they were started.
        if name.host not in started and not _is_asked_for(record, name):
            raise NotFound(f"{name.job} has no host {name.host}")
        return {"_Reports": {**record.get("_Reports", {}), name.host: report}}

    try:
        ctx.records.update(name.kind, name.job, keep)
    except RecordMissing:
        raise _gone(name) from None
    return {}


def report_packages(ctx: Context, request: ReportPackagesRequest) -> Document:
    """Stores the packages of an environment that a host has made: the image's, and what a source added."""
    name = _named(request)
    environment, packages = checked_packages(request.get("Environment"), request.get("Packages"))
    try:
        ctx.records.get(name.kind, name.job)
        stream = keep_packages(ctx.logs, environment, packages, ctx.now())
        ctx.records.update(name.kind, name.job, {"_Environment": stream})
    except RecordMissing:
        raise _gone(name) from None
    return {}


def report_rules(ctx: Context, request: ReportRulesRequest) -> Document:
    """Stores the events of a job's rules; returns the status of the job and the rules that have to stop.

    Raises BadRequest for what is no event.
    """
    host = _named(request)
    events = request.get("Events", [])
    if not isinstance(events, list):
        raise BadRequest("Events has to be a list")
    for index, event in enumerate(events):
        if wrong := event_flaw(event):
            raise BadRequest(f"Events[{index}]: {wrong}")
    unwanted = keep_rule_events(
        ctx,
        host.job,
        host.host,
        attempt=checked_count("Attempt", request.get("Attempt")),
        first=checked_count("First", request.get("First")),
        events=events,
    )
    return {"JobStatus": all_kinds()[host.kind].status(_job_of(ctx, request)), "Stop": unwanted}


def get_environment(ctx: Context, request: GetEnvironmentRequest) -> Document:
    """The archive of an environment, for a host whose machine has not got it. Raises NotFound."""
    _job_of(ctx, request)
    key = checked_text("Environment", request.get("Environment"))
    archive = ctx.machines.packed_environment(key)
    if archive is None:
        raise NotFound(f"this server has no environment {key} any more; run the job again")
    return {"Body": archive}


def profiler_config(ctx: Context, request: ProfilerConfigRequest) -> Document:
    """The present ProfilerConfig of the job: UpdateTrainingJob may change it while the job runs."""
    return {"ProfilerConfig": _job_of(ctx, request).get("ProfilerConfig")}


def get_host_addresses(ctx: Context, request: GetHostAddressesRequest) -> Document:
    """Where the hosts of the job listen that serve now, by their names."""
    reports = _job_of(ctx, request).get("_Reports", {}).items()
    serving = {host: said["Address"] for host, said in reports if said.get("Address") and not said["Outcome"]}
    return {"Addresses": serving}


def interruption(ctx: Context, request: InterruptionRequest) -> Document:
    """The reason why the hosts of the job were asked to end; empty unless it goes on with others later."""
    job = _job_of(ctx, request)
    asked = None if "_StopRequestedAt" in job else asked_interruption(job)
    return {"Reason": "" if asked is None else asked["Reason"]}


def role_credentials(ctx: Context, request: RoleCredentialsRequest) -> Document:
    """Temporary credentials of the job's execution role."""
    name = role_name(_role_of(ctx, request))
    session = session_name(HostName.parse(request["Host"]))
    minted = ctx.keyring.mint(
        PrincipalKind.ASSUMED_ROLE,
        name,
        arn=assumed_role_arn(ctx.account, name, session),
        session_name=session,
        ttl_s=ctx.keyring.job_session_s,
    )
    return {
        "AccessKeyId": minted.access_key_id,
        "SecretAccessKey": minted.secret_access_key,
        "SessionToken": minted.session_token,
        "Expiration": minted.expires_at,
    }


def locate_objects(ctx: Context, request: LocateObjectsRequest) -> Document:
    """The paths of stored objects on this machine, for staging without a copy.

    With ``Urls``, those whose content is in the S3 behind Clary have a ``Url`` that anybody may GET, whole or
    a range, until ``UrlsUntil``. What it answers never changes, and is gone a minute after the object. Where
    it is the object itself, which anybody may replace, ``UrlETag`` is the ETag of what was located.

    Either of all objects under ``Prefix``, in pages, or of ``Keys``. Raises Denied unless the role of the job
    may list and read them.
    """
    bucket = checked_text("Bucket", request.get("Bucket"))
    prefix = checked_text("Prefix", request.get("Prefix", ""))
    if not bucket:
        raise BadRequest("Bucket is empty; name the bucket of the objects")
    role_arn = _role_of(ctx, request)
    bucket_arn = f"arn:aws:s3:::{bucket}"
    following = None
    if request.get("Keys") is None:
        listing = {"s3:prefix": prefix, "s3:max-keys": str(LOCATE_LIMIT)}
        require(ctx, role_arn, "s3:ListBucket", bucket_arn, listing)
        page = ctx.blobs.objects.page(
            bucket,
            prefix=prefix,
            after=checked_text("StartAfter", request.get("StartAfter") or ""),
            limit=LOCATE_LIMIT,
        )
        found = page.rows
        following = page.last if page.truncated else None
    else:
        keys = checked_keys(request.get("Keys"), LOCATE_LIMIT)
        found = [stored for key in keys if (stored := ctx.blobs.objects.find(bucket, key)) is not None]
    for stored in found:
        require(ctx, role_arn, "s3:GetObject", f"{bucket_arn}/{stored.key}")
    answer: Document = {
        "Objects": [
            {
                "Key": stored.key,
                "Size": stored.size,
                "ETag": stored.etag,
                "Path": str(ctx.blobs.local_path(stored) or ""),
                **checksum_of(stored),
            }
            for stored in found
        ]
    }
    if request.get("Urls") is True:
        for item, stored in zip(answer["Objects"], found, strict=True):
            if url := ctx.blobs.objects.url(stored):
                item["Url"] = url
                if ctx.blobs.is_far:
                    item["UrlETag"] = stored.etag
        answer["UrlsUntil"] = ctx.now() + URL_S
    if following is not None:
        answer["NextStartAfter"] = following
    return answer


def sign_parts(ctx: Context, request: SignPartsRequest) -> Document:
    """Where anybody may PUT parts of an upload for an hour; nowhere unless objects are another S3's.

    Raises Denied unless the role of the job may write the object.
    """
    bucket, key = checked_text("Bucket", request.get("Bucket")), checked_text("Key", request.get("Key"))
    require(ctx, _role_of(ctx, request), "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
    return {"Urls": part_urls(ctx, request, bucket, key)}


def put_host_metrics(ctx: Context, request: PutHostMetricsRequest) -> Document:
    """Stores metric points of a job. A batch that is sent again is stored once."""
    name = _named(request)
    cluster, record = all_kinds()[name.kind].cluster, _job_of(ctx, request)
    attempt = 0 if cluster is None else cluster.attempt(record, name.host)
    points = checked_points(request.get("Points", []))
    # The agents of each attempt count from 0.
    sender = f"{name}#{attempt}" if attempt else str(name)
    accepted = ctx.metrics.append(
        sagemaker_arn(ctx.region, ctx.account, name.kind, name.job),
        points,
        sequence=(sender, checked_count("Sequence", request.get("Sequence", 0))),
        host=name.number,
    )
    return {"Sequence": accepted}


def put_host_utilization(ctx: Context, request: PutHostUtilizationRequest) -> Document:
    """Stores how much of its instance a host uses."""
    name, record = _named(request), _job_of(ctx, request)
    arn = sagemaker_arn(ctx.region, ctx.account, name.kind, name.job)
    keep_utilization(ctx, record, arn, name, checked_points(request.get("Points", [])))
    return {}


def _named(request: HostRequest) -> HostName:
    try:
        return HostName.parse(request["Host"])
    except ValueError as error:
        raise BadRequest(f"Host: {error}") from None


def _job_of(ctx: Context, request: HostRequest) -> Record:
    name = _named(request)
    record = ctx.records.find(name.kind, name.job)
    if record is None:
        raise _gone(name)
    return record


def _is_asked_for(record: Record, name: HostName) -> bool:
    cluster = all_kinds()[name.kind].cluster
    return (
        cluster is not None
        and not cluster.together
        and any(host.name == name.host for host in cluster.hosts(record))
    )


def _role_of(ctx: Context, request: HostRequest) -> str:
    """The ARN of the execution role of a host."""
    name, record = _named(request), _job_of(ctx, request)
    cluster = all_kinds()[name.kind].cluster
    return str(record["RoleArn"]) if cluster is None else cluster.role(record, name.host)


def _gone(name: HostName) -> NotFound:
    return NotFound(f"there is no {name.kind.replace('-', ' ')} {name.job}")
