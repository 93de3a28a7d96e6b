"""Creates, finds, updates and deletes named records: experiments, trials, components, actions, contexts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import NotFound, ValidationError
from clary.store.records import RecordExists, RecordMissing

from .tags import tags_of_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document, Stores
    from clary.store.records import Changes


@dataclass(frozen=True, slots=True)
class EntityKind:
    """kind: of the records, and the type in the ARN. noun: what their members begin with."""

    kind: str
    noun: str
    words: str

    @property
    def name_member(self) -> str:
        return f"{self.noun}Name"

    @property
    def arn_member(self) -> str:
        return f"{self.noun}Arn"


EXPERIMENT = EntityKind("experiment", "Experiment", "Experiment")
TRIAL = EntityKind("experiment-trial", "Trial", "Trial")
COMPONENT = EntityKind("experiment-trial-component", "TrialComponent", "Trial component")
ACTION = EntityKind("action", "Action", "Action")
CONTEXT = EntityKind("context", "Context", "Context")

ENTITIES = {each.kind: each for each in (EXPERIMENT, TRIAL, COMPONENT, ACTION, CONTEXT)}


def create_entity(stores: Stores, entity: EntityKind, request: Mapping[str, Any], *, status: str = "") -> str:
    """Creates a record with its tags; returns its ARN.

    Raises ValidationError when the name is taken: clients look for "already exists" in its message.
    """
    name = request[entity.name_member]
    arn = entity_arn(stores, entity, name)
    tags = tags_of_request(request)
    author = author_of(stores)
    record: Document = {
        **{member: value for member, value in request.items() if member != "Tags"},
        entity.arn_member: arn,
        "CreatedBy": author,
        "LastModifiedBy": author,
    }
    try:
        stores.records.insert(entity.kind, name, record, arn=arn, status=status)
    except RecordExists:
        raise ValidationError(f"{entity.words} with name {name} already exists ({arn})") from None
    stores.tags.put(arn, tags)
    return arn


def find_entity(stores: Stores, entity: EntityKind, name_or_arn: str) -> Document:
    """Finds a record by its name or ARN, in upper or lower case. Raises NotFound."""
    arn = name_or_arn if name_or_arn.startswith("arn:") else entity_arn(stores, entity, name_or_arn)
    found = stores.records.find(entity.kind, name_or_arn) or stores.records.find_by_arn(arn)
    # A trial names its experiment too; only an experiment has an ExperimentArn.
    if found is None or entity.arn_member not in found:
        raise NotFound(f"{entity.words} '{name_or_arn}' does not exist.")
    return found


def update_entity(
    stores: Stores, entity: EntityKind, name: str, changes: Changes, *, status: str | None = None
) -> Document:
    """Updates a record and its LastModifiedBy. changes: as for ``Records.update``. Raises NotFound."""
    author = author_of(stores)

    def merged(record: Document) -> Document:
        return {**(changes(record) if callable(changes) else changes), "LastModifiedBy": author}

    own_name = find_entity(stores, entity, name)[entity.name_member]
    try:
        return stores.records.update(entity.kind, own_name, merged, status=status)
    except RecordMissing:
        raise NotFound(f"{entity.words} '{name}' does not exist.") from None


def delete_entity(stores: Stores, entity: EntityKind, record: Document) -> str:
    """Deletes a record with its tags; returns its ARN. Raises NotFound if it was deleted meanwhile."""
    name, arn = record[entity.name_member], str(record[entity.arn_member])
    try:
        stores.records.delete(entity.kind, name)
    except RecordMissing:
        raise NotFound(f"{entity.words} '{name}' does not exist.") from None
    stores.tags.delete_all(arn)
    return arn


def entity_arn(stores: Stores, entity: EntityKind, name: str) -> str:
    return sagemaker_arn(stores.region, stores.account, entity.kind, name)


def author_of(stores: Stores) -> Document:
    """``CreatedBy`` and ``LastModifiedBy`` for the caller."""
    caller = stores.caller
    author: Document = {"IamIdentity": {"Arn": caller.arn, "PrincipalId": caller.principal_id}}
    if caller.user_profile:
        domain_id, _, profile = caller.user_profile.partition("/")
        arn = sagemaker_arn(stores.region, stores.account, "user-profile", caller.user_profile)
        author |= {"DomainId": domain_id, "UserProfileName": profile, "UserProfileArn": arn}
    return author


def chosen(request: Mapping[str, Any], *members: str) -> Document:
    """The given members of a request, without those that it does not have."""
    return {member: request[member] for member in members if member in request}
