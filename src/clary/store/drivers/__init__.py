"""The databases that the store can be in: SQLite in a file, PostgreSQL for a team.

A driver says how connections are opened and what a transaction is; ``Database`` says who has one, and the
rest of the store has SQL that both understand (``dialects``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection, Engine

    Turn = Callable[[], AbstractContextManager[None]]
    """A block that has the turn to write, without a transaction."""


class DatabaseUnavailable(Exception):
    """The database does not answer, or lets nobody in. The message says which one, without a password."""


class Writer(Protocol):
    """The one connection of this process that writes. Used by the thread that has the turn to write."""

    connection: Connection

    @property
    def failed(self) -> bool:
        """Whether a statement raised in the transaction. Only what is before a savepoint can be kept then."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open. A database may have rolled it back by itself."""

    def begin(self) -> None:
        """Begins a transaction. No other one changes anything until it ends, in any process."""

    def execute(self, sql: str) -> object:
        """Runs SAVEPOINT, RELEASE, ROLLBACK TO, COMMIT or ROLLBACK."""

    def announce(self, notices: Sequence[str]) -> None:
        """Tells other servers of this database when the transaction is committed."""

    def committed(self) -> None:
        """Is called after a commit."""

    def make_durable(self) -> None:
        """Returns when a power cut can take none of the commits so far; they are in the database itself."""

    def sync_log(self) -> None:
        """Returns when a power cut can take none of the commits so far."""

    def close(self) -> None: ...


class Driver(Protocol):
    """Opens connections to one database. Safe to use from any thread."""

    engine: Engine
    is_shared: bool
    """Whether several servers may use the database."""
    place: str
    """Which database it is, for people; without a password."""
    begin_snapshot: str
    """The statement that begins a transaction which sees one state."""

    def connect(self) -> Connection:
        """Opens a connection that begins no transaction by itself. Raises DatabaseUnavailable."""

    def translate(self, error: BaseException) -> None:
        """Raises DatabaseUnavailable in place of an error after which the same may succeed later."""

    def is_alive(self, connection: Connection) -> bool:
        """Whether an idle connection can be used."""

    def is_kept(self, connection: Connection) -> bool:
        """Ends the transaction of a reader. Returns whether its connection may be used again."""

    def open_writer(self, turn: Turn) -> Writer: ...

    def clock(self, connection: Connection) -> float:
        """The time of the database, in epoch seconds."""

    def require_sessions(self) -> None:
        """Raises DatabaseUnavailable when a pooler between gives each transaction another connection."""

    def listen(self, notice: Callable[[str], None], gap: Callable[[float], None]) -> Callable[[], None]:
        """Calls ``notice`` for each one that another server announces; ``gap`` with a
        number of seconds when those of that time may be missing.

        Both are called in a thread of their own. Returns the function that ends it.
        """


def open_driver(url: str) -> Driver:
    """Raises DatabaseUnavailable when the driver of PostgreSQL is not installed."""
    if url.startswith("sqlite:"):
        from .sqlite import SqliteDriver

        return SqliteDriver(url)
    # Not before it is wanted: most installations have no driver of PostgreSQL.
    from .postgres import PostgresDriver

    return PostgresDriver(url)
