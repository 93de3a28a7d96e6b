from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from clary.store.database import Database
from clary.store.prepared import Prepared
from clary.store.schema import tags

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_go_in_whatever_the_order_of_their_members(tmp_path: Path) -> None:
    insert = Prepared(tags.insert(), ["arn", "key", "value"])
    select = Prepared(sa.select(tags.c.value).where(tags.c.arn == sa.bindparam("arn_")))
    database = Database.at(tmp_path / "clary.db")

    with database.write() as connection:
        insert.execute_many(
            connection, [{"value": "1", "key": "k", "arn": "a"}, {"arn": "b", "value": "2", "key": "k"}]
        )
        found = select.scalar(connection, {"arn_": "b"})
        raw = select.rows(connection, {"arn_": "a"})

    assert found == "2"
    assert raw == [("1",)]
    database.close()


def test_another_database_gets_its_own_spelling() -> None:
    update = Prepared(
        tags.update().where(tags.c.arn == sa.bindparam("arn_")).values(value=sa.bindparam("value_"))
    )

    text, names = update._for(postgresql.dialect())  # type: ignore[no-untyped-call]

    assert names is None
    assert text == "UPDATE tags SET value=%(value_)s::VARCHAR WHERE tags.arn = %(arn_)s::VARCHAR"
