"""PostgreSQL, for several servers of one installation.

One transaction writes at a time, in all servers together, as in SQLite: each begins with a lock of the whole
database, which PostgreSQL releases when the transaction ends or its connection is lost. So code that reads
and then writes is right without a lock of its own, and transactions that wait are committed in groups
(``commit_group``). Readers take no lock.
"""

from __future__ import annotations

import logging
import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from clary.store.dialects import NUL_SIGN

from . import DatabaseUnavailable
from .failures import is_gone

try:
    import psycopg
    from psycopg.types.string import StrDumperUnknown
except ImportError as error:
    raise DatabaseUnavailable(
        "The driver of PostgreSQL is not installed: pip install 'clary[postgres]'"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection

    from . import Turn

WRITERS = 0xC1A21
"""The number of the lock of transactions that write."""

PATIENCE_S = 2.0
"""How long a caller waits for a database that is gone. When it was in vain, later ones do not wait."""

PAUSE_S = 0.1

REST = 4
"""While the database is gone, nobody asks for so many times the time that the last question took: a machine
that is gone refuses nothing, and each question to it takes seconds, of the loop that answers requests too."""

DEAD_CONNECTIONS = {
    "connect_timeout": 2,
    # A machine that is gone sends no end of its connections.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Settings of libpq. Without them a statement waits for minutes for a machine that is gone."""

SESSION = {
    # A server that stops between two statements frees the lock of writers, as one does that sleeps or that
    # the network has lost. All others wait for it: for less time than until they take it for dead.
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "30s",
    "synchronous_commit": "on",
    # Texts of one page are not worth a compilation of 100 ms.
    "jit": "off",
}

log = logging.getLogger("clary.store")


class PostgresDriver:
    """Connections to a database that several servers may use."""

    is_shared = True
    begin_snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(
            driver_url(url),
            poolclass=NullPool,
            pool_reset_on_return=None,
            use_native_hstore=False,
            hide_parameters=True,
            connect_args={"application_name": "clary", **DEAD_CONNECTIONS},
        )
        event.listen(self.engine, "connect", _prepare)
        self.place = place_of(self.engine.url)
        self._down: DatabaseUnavailable | None = None
        self._again_at = 0.0

    def connect(self) -> Connection:
        until = time.monotonic() + PATIENCE_S
        while True:
            began = time.monotonic()
            if self._down is not None and began < self._again_at:
                raise DatabaseUnavailable(str(self._down))
            try:
                connection = self.engine.connect()
            except sa.exc.OperationalError as error:
                now = time.monotonic()
                self._again_at = now + REST * (now - began)
                if self._down is not None or now >= until:
                    raise self._unavailable(error) from error
                time.sleep(PAUSE_S)
                continue
            if self._down is not None:
                self._down = None
                log.warning("the database %s answers again", self.place)
            return connection

    def translate(self, error: BaseException) -> None:
        if is_gone(error):
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> DatabaseUnavailable:
        told = DatabaseUnavailable(f"The database {self.place} can't be reached: {reason(error)}")
        if self._down is None:
            self._down = told
            log.warning("%s", told)
        return told

    def is_alive(self, connection: Connection) -> bool:
        if connection.closed or connection.invalidated:
            return False
        driver: Any = connection.connection.dbapi_connection
        if driver.closed:
            return False
        # Nothing is sent to an idle connection but its end.
        poll = select.poll()
        poll.register(driver.fileno(), select.POLLIN | select.POLLHUP)
        return not poll.poll(0)

    def is_kept(self, connection: Connection) -> bool:
        if connection.closed or connection.invalidated:
            return False
        driver: Any = connection.connection.dbapi_connection
        if driver.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            with suppress(psycopg.Error):
                driver.rollback()
        return not driver.closed

    def open_writer(self, turn: Turn) -> PostgresWriter:
        return PostgresWriter(self)

    def clock(self, connection: Connection) -> float:
        return float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())

    def require_sessions(self) -> None:
        asked = "SELECT pg_backend_pid()"
        with self.connect() as one, self.connect() as other:
            before = one.exec_driver_sql(asked).scalar_one()
            # A pooler lends the connection that has just become free, and then has to take another one.
            other.exec_driver_sql("BEGIN")
            between = other.exec_driver_sql(asked).scalar_one()
            after = one.exec_driver_sql(asked).scalar_one()
            other.exec_driver_sql("ROLLBACK")
        if between == before or after != before:
            raise DatabaseUnavailable(
                f"The database {self.place} is behind a pooler that gives each transaction another "
                "connection. Clary needs sessions: set pool_mode = session in PgBouncer, or name "
                "PostgreSQL itself"
            )

    def listen(self, notice: Callable[[str], None], gap: Callable[[float], None]) -> Callable[[], None]:
        from .notices import Notices

        return Notices(self, notice, gap).start()


class PostgresWriter:
    """The connection that writes; another one when it was lost."""

    def __init__(self, driver: PostgresDriver) -> None:
        self._driver = driver
        self._use(driver.connect())

    def _use(self, connection: Connection) -> None:
        self.connection = connection
        self._raw: Any = connection.connection.dbapi_connection

    @property
    def _status(self) -> psycopg.pq.TransactionStatus:
        return self._raw.info.transaction_status  # type: ignore[no-any-return]

    @property
    def in_transaction(self) -> bool:
        return self._status in (psycopg.pq.TransactionStatus.INTRANS, psycopg.pq.TransactionStatus.INERROR)

    @property
    def failed(self) -> bool:
        return self._status == psycopg.pq.TransactionStatus.INERROR

    def begin(self) -> None:
        if not self._driver.is_alive(self.connection):
            with suppress(Exception):
                self.connection.close()
            self._use(self._driver.connect())
        try:
            self._raw.execute(f"BEGIN; SELECT pg_advisory_xact_lock({WRITERS})")
        except psycopg.Error:
            if self.in_transaction:
                self._raw.execute("ROLLBACK")
            raise

    def execute(self, sql: str) -> object:
        return self._raw.execute(sql)

    def announce(self, notices: Sequence[str]) -> None:
        self._raw.execute(
            "SELECT pg_notify('clary', notice) FROM unnest(%s::text[]) AS notice", (list(notices),)
        )

    def committed(self) -> None:
        pass

    def make_durable(self) -> None:
        """A commit is durable."""

    def sync_log(self) -> None:
        """A commit is durable."""

    def close(self) -> None:
        self.connection.close()


def driver_url(url: str) -> sa.URL:
    """Reads a URL as users write it. Raises DatabaseUnavailable when it is none."""
    try:
        return sa.make_url(url).set(drivername="postgresql+psycopg")
    except sa.exc.ArgumentError:
        # Without the text: it may have a password.
        raise DatabaseUnavailable(
            "CLARY_DATABASE is not a URL; one looks like postgresql://user:password@host:5432/clary"
        ) from None


def place_of(url: sa.URL) -> str:
    """Says where a database is, without parameters, which may have a password; but the folder of a socket."""
    folder = {name: value for name, value in url.query.items() if name == "host"}
    shown = url.set(drivername="postgresql", query=folder)
    return shown.render_as_string(hide_password=True)


def reason(error: BaseException) -> str:
    """What the driver says, in one line."""
    return " ".join(str(getattr(error, "orig", error)).split())


class _Text(StrDumperUnknown):
    """Texts of PostgreSQL can't have the character NUL; a line of a log may."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", NUL_SIGN) if "\0" in obj else obj)


def _prepare(connection: Any, _record: object) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"The database has the encoding {encoding}: create it with CREATE DATABASE ... ENCODING 'UTF8'"
        )
    # ``Database`` begins transactions.
    connection.autocommit = True
    connection.adapters.register_dumper(str, _Text)
    connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in SESSION.items()))
