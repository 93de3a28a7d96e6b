"""Models and endpoint configurations: the records that endpoints and transform jobs begin from.

Neither is run, so neither is a kind. They never change after their creation. The words of the errors are
those that the SDKs look for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.store.records import RecordExists, RecordMissing

from .entities import EntityKind, entity_arn
from .tags import tags_of_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .stores import Document, Stores

MODEL = EntityKind("model", "Model", "model")
ENDPOINT_CONFIG = EntityKind("endpoint-config", "EndpointConfig", "endpoint configuration")


def create_serving_entity(
    stores: Stores, entity: EntityKind, request: Mapping[str, Any], **private: Any
) -> str:
    """Stores a request with its tags; returns its ARN. Raises ValidationError when the name is taken.

    private: further members of the record, which no caller sees.
    """
    name = request[entity.name_member]
    arn = entity_arn(stores, entity, name)
    tags = tags_of_request(request)
    wanted = {member: value for member, value in request.items() if member != "Tags"}
    record: Document = {**wanted, entity.arn_member: arn, **private}
    with stores.records.transaction():
        try:
            stores.records.insert(entity.kind, name, record, arn=arn)
        except RecordExists:
            raise ValidationError(f'Cannot create already existing {entity.words} "{arn}".') from None
        stores.tags.put(arn, tags)
    return arn


def find_serving_entity(stores: Stores, entity: EntityKind, name: str) -> Document:
    """Finds a record by its name, in upper or lower case. Raises ValidationError, as AWS does."""
    found = stores.records.find_by_arn(entity_arn(stores, entity, name))
    if found is None:
        raise _missing(stores, entity, name)
    return found


def delete_serving_entity(stores: Stores, entity: EntityKind, name: str) -> None:
    """Deletes a record with its tags. Raises ValidationError when there is none.

    Endpoints that were made of it go on: they have copies.
    """
    with stores.records.transaction():
        found = find_serving_entity(stores, entity, name)
        try:
            stores.records.delete(entity.kind, found[entity.name_member])
        except RecordMissing:
            raise _missing(stores, entity, name) from None
        stores.tags.delete_all(found[entity.arn_member])


def containers_of(model: Document) -> list[Document]:
    """The containers of a model in the order of the pipeline, each with an Image.

    Those of a model package stand for its ``ModelPackageName``, as they were when the model was created.
    """
    containers: list[Document] = model["_Containers"]
    return containers


def _missing(stores: Stores, entity: EntityKind, name: str) -> ValidationError:
    return ValidationError(f'Could not find {entity.words} "{entity_arn(stores, entity, name)}".')
