"""What users of Clary may ask for and AWS has no operation for: ``POST /_clary/<Operation>``, signed.

No model validates a request, and no list says who may do what: each function checks its members, and asks
for the AWS action that comes closest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import BadRequest, Denied
from clary.domain.identity import PrincipalKind
from clary.kinds.training_job import KIND
from clary.kinds.training_job.interruption import check_interruptible, interrupt
from clary.services.access.root import new_root
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from clary.services.access.kept_keys import KeptKeys

    from .context import Context, Document, Record

REASON_LIMIT = 256


def interrupt_training_job(ctx: Context, request: dict[str, Any]) -> Document:
    """Ends the present hosts of a managed spot training, as a cloud does that needs them for others.

    Who may stop the job may do this. Raises NotFound; Denied; ValidationError for a job that is not
    interrupted; BadRequest.
    """
    name, reason = request.get("TrainingJobName"), request.get("Reason", "")
    if not isinstance(name, str) or not name:
        raise BadRequest("TrainingJobName has to be the name of a training job")
    if not isinstance(reason, str) or len(reason) > REASON_LIMIT:
        raise BadRequest(f"Reason has to be a text of at most {REASON_LIMIT} characters")
    arn = sagemaker_arn(ctx.region, ctx.account, KIND.record_kind, name)
    if not ctx.may("sagemaker:StopTrainingJob", arn):
        raise Denied(
            f"User: {ctx.caller.arn} is not authorized to perform: sagemaker:StopTrainingJob on resource: "
            f"{arn}, which the interruption of a training job needs"
        )

    def ask(record: Record) -> Document:
        check_interruptible(record)
        return interrupt(record, reason or f"{ctx.caller.arn.rpartition(':')[2]} asked for it", ctx.now())

    try:
        ctx.records.update(KIND.record_kind, name, ask)
    except RecordMissing:
        raise KIND.not_found(name) from None
    return {"TrainingJobArn": arn}


def rotate_root_key(ctx: Context, request: dict[str, Any]) -> Document:
    """Replaces the root key at every server. The one of before is refused once this is answered.

    Raises Denied for everybody but root, and BadRequest.
    """
    root = new_root()
    _keys_of(ctx).replace_root(root)
    return {"AccessKeyId": root.access_key_id}


def rotate_joining_secret(ctx: Context, request: dict[str, Any]) -> Document:
    """Replaces the secret that further servers need to join. Raises Denied and BadRequest."""
    return {"Secret": _keys_of(ctx).secret(new=True)}


def get_joining_secret(ctx: Context, request: dict[str, Any]) -> Document:
    """The secret that further servers need to join. Raises Denied and BadRequest."""
    return {"Secret": _keys_of(ctx).secret()}


def _keys_of(ctx: Context) -> KeptKeys:
    if ctx.caller.kind is not PrincipalKind.ROOT:
        raise Denied(
            f"User: {ctx.caller.arn} is not authorized to use the keys of the installation: only root is"
        )
    if ctx.kept_keys is None:
        raise BadRequest("the keys of the installation are with its servers")
    return ctx.kept_keys
