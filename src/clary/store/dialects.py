"""What SQLite and PostgreSQL spell differently: one name for each, compiled for either database.

    name               SQLite                        PostgreSQL
    place_in           instr                         strpos
    member             json_extract                  ->> of json
    elements           json_each                     json_array_elements_text
    as_list, as_pair   json_group_array, json_array  json_agg, json_build_array
    byte_at            substr of a blob              substr of a bytea
    last_letters       substr with a negative start  right
    likely             likely, a hint for the plan   nothing
    insert_new         INSERT OR IGNORE              INSERT ... ON CONFLICT DO NOTHING

The columns of texts have the order of bytes in PostgreSQL. All other
statements of the store are the same text for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateColumn
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from collections.abc import Sequence

NUL_SIGN = "\u2400"
"""Stands for the character NUL in texts of PostgreSQL, which can't have it. Bytes keep it."""


class _Spelled(FunctionElement[Any]):
    """A function with a name of its own in each database."""

    inherit_cache = True
    sqlite: str
    postgresql: str


@compiles(_Spelled, "sqlite")
def _in_sqlite(element: _Spelled, compiler: Any, **kw: Any) -> str:
    return f"{element.sqlite}({compiler.process(element.clauses, **kw)})"


@compiles(_Spelled, "postgresql")
def _in_postgresql(element: _Spelled, compiler: Any, **kw: Any) -> str:
    return f"{element.postgresql}({compiler.process(element.clauses, **kw)})"


class _PlaceIn(_Spelled):
    inherit_cache = True
    type = sa.Integer()
    sqlite, postgresql = "instr", "strpos"


def place_in(text: sa.ColumnElement[Any], part: str) -> sa.ColumnElement[int]:
    """Where a part begins in a text, from 1 on; 0 where it is not in it."""
    return _PlaceIn(text, sa.literal(part, sa.String))


class _Pair(_Spelled):
    inherit_cache = True
    type = sa.types.NullType()
    sqlite, postgresql = "json_array", "json_build_array"


def as_pair(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Two values as a JSON list, for ``as_list``."""
    return _Pair(one, other)


class _List(_Spelled):
    inherit_cache = True
    type = sa.String()
    sqlite, postgresql = "json_group_array", "json_agg"


@compiles(_List, "postgresql")
def _list_in_postgresql(element: _List, compiler: Any, **kw: Any) -> str:
    return f"CAST(coalesce(json_agg({compiler.process(element.clauses, **kw)}), '[]') AS TEXT)"


def as_list(value: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """The values of all rows as one JSON list, in the order of a sorted subquery."""
    return _List(value)


class _LastLetters(_Spelled):
    inherit_cache = True
    type = sa.String()
    sqlite, postgresql = "substr", "right"


@compiles(_LastLetters, "sqlite")
def _last_letters_in_sqlite(element: _LastLetters, compiler: Any, **kw: Any) -> str:
    text, count = element.clauses
    return f"substr({compiler.process(text, **kw)}, -{compiler.process(count, **kw)})"


def last_letters(text: sa.ColumnElement[Any], count: int) -> sa.ColumnElement[str]:
    return _LastLetters(text, sa.literal(count, sa.Integer))


class _Likely(_Spelled):
    inherit_cache = True
    sqlite, postgresql = "likely", ""


def likely(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """A condition that most rows satisfy: SQLite has no statistics here."""
    return _Likely(condition)


class _ByteAt(_Spelled):
    inherit_cache = True
    type = sa.LargeBinary()
    sqlite, postgresql = "substr", "substr"


@compiles(_ByteAt)
def _byte_at(element: _ByteAt, compiler: Any, **kw: Any) -> str:
    content, index = (compiler.process(each, **kw) for each in element.clauses)
    return f"substr({content}, {index} + 1, 1)"


@compiles(_ByteAt, "postgresql")
def _byte_at_in_postgresql(element: _ByteAt, compiler: Any, **kw: Any) -> str:
    content, index = (compiler.process(each, **kw) for each in element.clauses)
    return f"substr({content}, CAST({index} + 1 AS INTEGER), 1)"


def byte_at(content: bytes, index: sa.ColumnElement[int]) -> sa.ColumnElement[bytes]:
    """One byte of a content; empty behind its end."""
    return _ByteAt(sa.literal(content, sa.LargeBinary), index)


class _Elements(_Spelled):
    inherit_cache = True
    sqlite, postgresql = "json_each", "json_array_elements_text"


@compiles(_Elements, "postgresql")
def _elements_in_postgresql(element: _Elements, compiler: Any, **kw: Any) -> str:
    return f"json_array_elements_text(CAST({_without_nul(compiler.process(element.clauses, **kw))} AS JSON))"


def texts_in(listed: str | sa.BindParameter[Any]) -> sa.TableValuedAlias:
    """A table of the texts in a JSON list. Its column is ``value``."""
    given = sa.literal(listed, sa.String) if isinstance(listed, str) else listed
    return _Elements(given).table_valued("value")


def numbers_in(listed: str | sa.BindParameter[Any]) -> sa.Select[tuple[int]]:
    """Selects the whole numbers in a JSON list, as ``value``."""
    given = texts_in(listed)
    return sa.select(sa.cast(given.c.value, sa.BigInteger).label("value"))


class _Member(_Spelled):
    """A top-level member of a JSON document in bytes."""

    inherit_cache = True
    type: sa.types.TypeEngine[Any] = sa.String()


@compiles(_Member, "sqlite")
def _member_in_sqlite(element: _Member, compiler: Any, **kw: Any) -> str:
    document, path, _ = (compiler.process(each, **kw) for each in element.clauses)
    return f"json_extract(CAST({document} AS TEXT), {path})"


@compiles(_Member, "postgresql")
def _member_in_postgresql(element: _Member, compiler: Any, **kw: Any) -> str:
    document, _, name = (compiler.process(each, **kw) for each in element.clauses)
    text = _without_nul(f"convert_from({document}, 'UTF8')")
    return f"(CAST({text} AS JSON) ->> {name})"


class _IsTrue(_Member):
    inherit_cache = True
    # Not Boolean: SQLAlchemy would compare it with 1 in SQLite, which then plans without it.
    type = sa.types.NullType()


@compiles(_IsTrue, "sqlite")
def _is_true_in_sqlite(element: _IsTrue, compiler: Any, **kw: Any) -> str:
    return f"({_member_in_sqlite(element, compiler, **kw)} IS 1)"


@compiles(_IsTrue, "postgresql")
def _is_true_in_postgresql(element: _IsTrue, compiler: Any, **kw: Any) -> str:
    return f"({_member_in_postgresql(element, compiler, **kw)} = 'true')"


def member(document: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[str]:
    """The text of a top-level member of a document. name: one of our code, never a caller's."""
    return _Member(document, *_spellings(name))


def member_is_true(document: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    return _IsTrue(document, *_spellings(name))


def _spellings(name: str) -> Sequence[sa.ColumnElement[Any]]:
    assert name.isidentifier()
    return sa.literal_column(f"""'$."{name}"'"""), sa.literal_column(f"'{name}'")


class _InsertNew(sa.Insert):
    inherit_cache = True


@compiles(_InsertNew, "sqlite")
def _insert_new_in_sqlite(element: _InsertNew, compiler: Any, **kw: Any) -> str:
    text: str = compiler.visit_insert(element, **kw)
    return text.replace("INSERT INTO", "INSERT OR IGNORE INTO", 1)


@compiles(_InsertNew, "postgresql")
def _insert_new_in_postgresql(element: _InsertNew, compiler: Any, **kw: Any) -> str:
    return f"{compiler.visit_insert(element, **kw)} ON CONFLICT DO NOTHING"


def insert_new(table: sa.Table) -> sa.Insert:
    """An INSERT that leaves rows out whose key exists. Its ``rowcount`` is of the others."""
    return _InsertNew(table)


@compiles(CreateColumn, "postgresql")
def _column_in_postgresql(element: CreateColumn, compiler: Any, **kw: Any) -> str:
    return in_order_of_bytes(element.element, compiler.visit_create_column(element, **kw))


def in_order_of_bytes(column: sa.Column[Any], ddl: str) -> str:
    """Makes PostgreSQL compare texts by their bytes, as SQLite does: prefixes are ranges, in any locale."""
    # A column with a length is of alembic.
    is_text = isinstance(column.type, sa.String) and column.type.length is None
    return ddl.replace("VARCHAR", 'VARCHAR COLLATE "C"', 1) if is_text else ddl


def _without_nul(text: str) -> str:
    """Replaces the character NUL in a JSON text, where it is an escape: texts of PostgreSQL can't have it."""
    # A backslash before the escape is one of a pair, or the escape is not one.
    replaced = rf"regexp_replace({text}, '(?<!\\)((?:\\\\)*)\\u0000', '\1{NUL_SIGN}', 'g')"
    return rf"(CASE WHEN strpos({text}, '\u0000') > 0 THEN {replaced} ELSE {text} END)"
