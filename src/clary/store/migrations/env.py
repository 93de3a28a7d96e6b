"""Runs a migration on the connection it is given."""

from typing import Any

from alembic import context
from alembic.ddl.base import AddColumn, visit_add_column
from sqlalchemy.ext.compiler import compiles

from clary.store.dialects import in_order_of_bytes
from clary.store.schema import metadata


@compiles(AddColumn, "postgresql")
def _add_column(element: AddColumn, compiler: Any, **kw: Any) -> str:
    return in_order_of_bytes(element.column, visit_add_column(element, compiler, **kw))


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
