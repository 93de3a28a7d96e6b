"""Creates, stops and deletes the records of any kind, each in one transaction.

Operations and the loop call the same functions: a tuning job creates training jobs as a user does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import ResourceInUse, ValidationError
from clary.store.links import LinkKind
from clary.store.records import RecordExists, RecordMissing

from .job_component import component_name
from .tags import tags_of_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .kind import Kind
    from .stores import Document, Stores


def create_record(stores: Stores, kind: Kind, request: Mapping[str, Any]) -> str:
    """Creates a record with its tags and all that belongs to it; returns its ARN.

    Raises ResourceInUse when the name is taken, and what ``kind.make`` raises.
    """
    wishes: Document = {**request}
    wishes.pop("Tags", None)
    name = wishes[kind.name_member]
    arn = sagemaker_arn(stores.region, stores.account, kind.record_kind, name)
    now = stores.now()
    common = {
        kind.arn_member: arn,
        "CreationTime": now,
        "LastModifiedTime": now,
        "_Owner": stores.caller.arn,
    }
    with stores.records.transaction():
        tags = tags_of_request(request)
        new = kind.make(stores, {**wishes, **common}, tags)
        status = kind.status(new.document)
        try:
            stores.records.insert(kind.record_kind, name, new.document, arn=arn, status=status)
        except RecordExists:
            raise ResourceInUse(
                f"{kind.words.capitalize()} names must be unique within an AWS account and region, and a "
                f"{kind.words} with this name already exists ({arn})"
            ) from None
        # Metrics of a deleted job of this name were kept for its trial component until now.
        stores.metrics.delete_all(arn)
        stores.tags.put(arn, tags)
        new.then()
    return arn


def find_record(stores: Stores, kind: Kind, name: str) -> Document:
    """Returns a record. Raises NotFound."""
    record = stores.records.find(kind.record_kind, name)
    if record is None:
        raise kind.not_found(name)
    return record


def stop_record(stores: Stores, kind: Kind, name: str) -> None:
    """Asks a job to end. A second call changes nothing.

    Raises NotFound; ValidationError when the job has ended.
    """

    def ask_to_stop(record: Document) -> Document:
        status = kind.status(record)
        if status == kind.stopping:
            return {}
        if status not in kind.unfinished:
            raise ValidationError(
                f"The request was rejected because the {kind.words} is in status {status}; "
                f"only a job that is {kind.unfinished[0]} can be stopped."
            )
        return {
            "_StopRequestedAt": stores.now(),
            "_StopRequestedBy": stores.caller.arn,
            kind.status_member: kind.stopping,
        }

    try:
        stores.records.update(kind.record_kind, name, ask_to_stop, status=kind.stopping)
    except RecordMissing:
        raise kind.not_found(name) from None


def delete_record(stores: Stores, kind: Kind, name: str) -> None:
    """Deletes a job that has ended, and all that was created with it.

    Its trial component stays, with the job's metrics. Raises NotFound; ResourceInUse while it has not ended.
    """
    with stores.records.transaction():
        record = find_record(stores, kind, name)
        if kind.status(record) in kind.unfinished:
            raise ResourceInUse(
                f"{kind.words.capitalize()} {name} is {kind.status(record)}; stop it and wait until it "
                "has ended, then delete it."
            )
        if kind.keeps(record):
            raise ResourceInUse(
                f"{kind.words.capitalize()} {name} keeps its instances in a warm pool that is Available; "
                f"UpdateTrainingJob with a KeepAlivePeriodInSeconds of 0 ends that, then delete it."
            )
        remove_record(stores, kind, record)


def remove_record(stores: Stores, kind: Kind, record: Document) -> None:
    """Deletes a record, whatever its status, and all that was created with it. To be called in a transaction.

    Raises NotFound.
    """
    name = kind.name(record)
    try:
        stores.records.delete(kind.record_kind, name)
    except RecordMissing:
        raise kind.not_found(name) from None
    kind.forget(stores, record)
    stores.tags.delete_all(kind.arn(record))
    if kind.component is None:
        stores.metrics.delete_all(kind.arn(record))
    else:
        stores.links.remove(LinkKind.TRACKED, name, component_name(kind, name))
