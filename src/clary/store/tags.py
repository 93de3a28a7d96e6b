"""Tags: key-value pairs of a resource with an ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from .attribute_index import AttributeIndex
from .prepared import Prepared
from .schema import tags as table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .database import Database


class Tags:
    """Tags by ARN. The operations check keys and values. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._attribute_index = AttributeIndex(database)

    def get(self, arn: str) -> dict[str, str]:
        """Returns all tags of an ARN, by key; empty without any."""
        with self._database.read() as connection:
            return dict(_OF_ARN.rows(connection, {"arn": arn}))

    def put(self, arn: str, tags: Mapping[str, str]) -> None:
        """Adds tags, and replaces the values of existing keys."""
        if not tags:
            return
        with self._database.write() as connection:
            _REMOVE.execute_many(connection, [{"arn_": arn, "key_": key} for key in tags])
            _ADD.execute_many(
                connection, [{"arn": arn, "key": key, "value": value} for key, value in tags.items()]
            )
            self._attribute_index.mark(connection, arn)

    def remove(self, arn: str, keys: Iterable[str]) -> None:
        """Removes tags. A missing key is no error."""
        gone = [{"arn_": arn, "key_": key} for key in keys]
        if not gone:
            return
        with self._database.write() as connection:
            _REMOVE.execute_many(connection, gone)
            self._attribute_index.mark(connection, arn)

    def delete_all(self, arn: str) -> None:
        with self._database.write() as connection:
            if _REMOVE_ALL.execute(connection, {"arn_": arn}).rowcount > 0:
                self._attribute_index.mark(connection, arn)

    def arns_with(self, key: str, value: str | None = None) -> list[str]:
        """Returns the ARNs with a tag, sorted. value: None for any value."""
        statement = sa.select(table.c.arn).where(table.c.key == key).order_by(table.c.arn)
        if value is not None:
            statement = statement.where(table.c.value == value)
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())


_OF_ARN = Prepared(
    sa.select(table.c.key, table.c.value).where(table.c.arn == sa.bindparam("arn")).order_by(table.c.key)
)
_ADD = Prepared(table.insert(), ["arn", "key", "value"])
_REMOVE_ALL = Prepared(table.delete().where(table.c.arn == sa.bindparam("arn_")))
_REMOVE = Prepared(
    table.delete().where(table.c.arn == sa.bindparam("arn_"), table.c.key == sa.bindparam("key_"))
)
