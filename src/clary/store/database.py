"""One database: many readers, one writer at a time, listeners told after a commit.

In SQLite's WAL mode readers continue while one transaction writes. A thread that wants to write first takes
a turn (``writer_turn``), so that threads queue in order instead of polling on SQLITE_BUSY.

A transaction belongs to the thread that began it, and blocks nest:

    with database.transaction():        nothing is taken yet
        with database.write(): ...      the turn is taken, BEGIN
        with database.read(): ...       the same connection: it sees what was written above
        with database.write(): ...      a savepoint: what it raises undoes this block alone
                                        COMMIT, then the callbacks of ``after_commit``

Transactions of several threads may share one BEGIN and COMMIT (``commit_group``). Each of them is still
committed as a whole or undone as a whole, and none returns before the COMMIT.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .checkpoints import Checkpoints
from .commit_group import CommitGroup, wait
from .connections import ReadConnections, open_engine
from .log_sync import LogSync
from .migrate import bring_up_to_date
from .writer_turn import WriterTurn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection


class TransactionLost(Exception):
    """The database has rolled a transaction back by itself.

    Either the writer caught an error and ignored it, or another transaction of the same group had an error:
    that one is the ``__cause__``.
    """


@dataclass(slots=True)
class _Transaction:
    """The transaction of one thread.

    writes: whether the thread has the turn to write. savepoints: how many were made. lost_by: the error after
    which the database rolled the transaction back by itself.
    """

    writes: bool = False
    savepoints: int = 0
    lost_by: BaseException | None = None
    callbacks: list[Callable[[], None]] = field(default_factory=list)


class Database:
    """Transactions over one database. Safe to use from any thread."""

    def __init__(self, url: str) -> None:
        """Opens (and creates, or migrates) the database at an SQLAlchemy URL."""
        self._engine = open_engine(url)
        bring_up_to_date(self._engine)
        self._readers = ReadConnections(self._engine)
        # The one connection that writes, and the driver's object behind it. BEGIN, SAVEPOINT and COMMIT go
        # to the driver, because SQLAlchemy takes ten times as long for each of them.
        self._connection = self._engine.connect()
        self._driver: Any = self._connection.connection.dbapi_connection
        self._turn = WriterTurn()
        self._checkpoints = Checkpoints(self._engine, self._without_transaction)
        self._log = LogSync(self._engine.url.database or "")
        self._group: CommitGroup | None = None
        self._on_end: list[Callable[[bool], None]] = []
        self._here = threading.local()

    @classmethod
    def at(cls, path: Path) -> Database:
        """Opens the database in a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{path}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees all commits, and what this thread's transaction has written."""
        opened = self._open_now()
        if opened is not None and opened.writes:
            yield self._connection
            return
        connection = self._readers.take()
        try:
            yield connection
        finally:
            self._readers.give_back(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Inside another block of this thread it is a part of that transaction, which commits later.
        """
        opened = self._open_now()
        if opened is None:
            with self.transaction():
                opened = self._open_now()
                assert opened is not None
                self._begin(opened)
                yield self._connection
        else:
            if not opened.writes:
                self._begin(opened)
            # Also for the first write of a transaction: its error may be caught, and other writes follow.
            with self._savepoint(opened):
                yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits what this thread writes in the block together at its end, or nothing of it when it raises.

        The first write takes the turn, so a block that only reads costs nothing. Nothing may be awaited in
        the block, because the transaction belongs to the thread. Raises TransactionLost.
        """
        if self._open_now() is not None:
            yield
            return
        opened = self._here.transaction = _Transaction()
        try:
            yield
        except BaseException as error:
            self._undo(opened, error)
            raise
        self._commit(opened)
        for callback in opened.callbacks:
            callback()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Calls ``callback`` when this thread's transaction is committed; never when it is rolled back.

        Outside of a transaction it is called at once. It runs in this thread, without the turn to write.
        """
        open_now = self._open_now()
        if open_now is None:
            callback()
        else:
            open_now.callbacks.append(callback)

    def on_end(self, listener: Callable[[bool], None]) -> None:
        """Calls ``listener(committed)`` after a commit, and after a transaction or a block was rolled back.

        It is called before the next transaction begins.
        """
        self._on_end.append(listener)

    def make_durable(self) -> None:
        """Copies all commits so far into the database file. A power cut can take none of them then."""
        self._checkpoints.make_durable()

    def sync_log(self) -> None:
        """Returns when a power cut can take none of the commits so far. Many threads share one sync.

        Inside a transaction of this thread it does nothing, because nothing is committed yet.
        """
        if self._open_now() is None:
            self._log.sync()

    def close(self) -> None:
        """Closes all connections. No block may be open in any thread."""
        self._checkpoints.close()
        self._log.close()
        self._readers.close()
        self._connection.close()
        self._engine.dispose()

    def _open_now(self) -> _Transaction | None:
        return getattr(self._here, "transaction", None)

    def _begin(self, opened: _Transaction) -> None:
        """Takes the turn, and begins a transaction or continues that of the open group."""
        self._turn.take()
        try:
            if self._group is None:
                self._driver.execute("BEGIN IMMEDIATE")
                self._group = CommitGroup()
            else:
                self._driver.execute("SAVEPOINT member")
        except BaseException:
            if self._group is not None:
                self._commit_group(self._group)
            self._turn.give()
            raise
        opened.writes = True

    @contextmanager
    def _savepoint(self, opened: _Transaction) -> Iterator[None]:
        if not self._driver.in_transaction:
            raise TransactionLost(LOST)
        opened.savepoints += 1
        name, calls = f"s{opened.savepoints}", len(opened.callbacks)
        self._driver.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException as error:
            del opened.callbacks[calls:]
            self._tell(False)
            if self._driver.in_transaction:
                self._driver.execute(f"ROLLBACK TO {name}")
                self._driver.execute(f"RELEASE {name}")
            elif opened.lost_by is None:
                # SQLite rolls back the whole transaction by itself when the disk is full.
                opened.lost_by = error
            raise
        self._driver.execute(f"RELEASE {name}")

    def _commit(self, opened: _Transaction) -> None:
        """Commits what the thread has written, alone or with its group. Raises TransactionLost."""
        self._here.transaction = None
        if not opened.writes:
            return
        group = self._open_group()
        if not self._driver.in_transaction:
            self._end_group(group, opened.lost_by or TransactionLost(LOST))
            self._turn.give()
            raise TransactionLost(LOST) from opened.lost_by
        if group.size > 0:
            self._driver.execute("RELEASE member")
        if self._turn.waiting > 0 and group.may_grow:
            ticket = group.join()
            self._turn.give()
            error = wait(ticket)
            if error is not None:
                raise TransactionLost(LOST) from error
            return
        error = self._commit_group(group)
        self._turn.give()
        if error is not None:
            raise error

    def _undo(self, opened: _Transaction, reason: BaseException) -> None:
        """Rolls back what the thread has written, and nothing of others in its group."""
        self._here.transaction = None
        if not opened.writes:
            return
        group = self._open_group()
        if not self._driver.in_transaction:
            self._end_group(group, opened.lost_by or reason)
        elif group.size == 0:
            self._driver.execute("ROLLBACK")
            self._end_group(group, reason)
        else:
            self._tell(False)
            self._driver.execute("ROLLBACK TO member")
            self._driver.execute("RELEASE member")
            if not (self._turn.waiting > 0 and group.may_grow):
                self._commit_group(group)
        self._turn.give()

    def _open_group(self) -> CommitGroup:
        assert self._group is not None
        return self._group

    def _commit_group(self, group: CommitGroup) -> BaseException | None:
        """Commits a group. Returns the error when that fails."""
        error: BaseException | None = None
        try:
            self._driver.execute("COMMIT")
        except BaseException as raised:
            error = raised
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
        self._end_group(group, error)
        return error

    def _end_group(self, group: CommitGroup, error: BaseException | None) -> None:
        """Ends a group that is committed, or rolled back because of an error."""
        self._tell(error is None)
        self._group = None
        if error is None:
            self._checkpoints.committed(self._driver.total_changes)
        group.end(error)

    @contextmanager
    def _without_transaction(self) -> Iterator[None]:
        """Has the turn to write, and no transaction is open."""
        self._turn.take()
        try:
            if self._group is not None:
                self._commit_group(self._group)
            yield
        finally:
            self._turn.give()

    def _tell(self, committed: bool) -> None:
        for listener in self._on_end:
            listener(committed)


LOST = "the database has rolled this transaction back; nothing of it was kept"
