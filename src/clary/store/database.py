"""One database: many readers, one writer at a time, listeners told after a commit.

SQLite in WAL mode lets readers go on while one transaction writes. The writer's turn is taken with a
lock of ours first, so that threads queue fairly here instead of spinning on SQLITE_BUSY.

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

from .commit_group import CommitGroup, wait
from .connections import ReadConnections, open_engine
from .migrate import bring_up_to_date
from .writer_turn import WriterTurn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection


class TransactionLost(Exception):
    """The database rolled a transaction back by itself: after an error that the writer caught and ignored,
    or because of the error (``__cause__``) of another transaction that was to be committed with it."""


@dataclass(slots=True)
class _Transaction:
    """What one thread writes now.

    writes: whether it has taken the turn. savepoints: how many it has made. lost_by: the error after which
    the database gave the transaction up by itself.
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
        # The one connection that writes, and the driver's: statements about transactions go to that, because
        # SQLAlchemy takes ten times as long for each of them.
        self._connection = self._engine.connect()
        self._driver: Any = self._connection.connection.dbapi_connection
        self._turn = WriterTurn()
        self._group: CommitGroup | None = None
        self._on_end: list[Callable[[bool], None]] = []
        self._here = threading.local()

    @classmethod
    def at(cls, path: Path) -> Database:
        """The embedded database in one file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{path}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees what is committed, and what this thread's transaction has written."""
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
            # Also the first write of a transaction: what it raises may be caught, and others follow.
            with self._savepoint(opened):
                yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Whatever this thread writes inside the block is committed together at its end, or not at all.

        The writer's turn is taken by the first write, so a block that only reads costs nothing. Nothing may
        be awaited inside: the transaction belongs to the thread.
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
        """Calls back once what this thread has written is committed; never when it is rolled back.

        Outside of any transaction: at once. The callback runs in this thread, and the writer's turn is free.
        """
        open_now = self._open_now()
        if open_now is None:
            callback()
        else:
            open_now.callbacks.append(callback)

    def on_end(self, listener: Callable[[bool], None]) -> None:
        """Calls ``listener(committed)`` when a transaction, or a block inside one that was undone, has ended.

        It is called before the next transaction begins.
        """
        self._on_end.append(listener)

    def close(self) -> None:
        """No block may be open in any thread."""
        self._readers.close()
        self._connection.close()
        self._engine.dispose()

    def _open_now(self) -> _Transaction | None:
        return getattr(self._here, "transaction", None)

    def _begin(self, opened: _Transaction) -> None:
        """Takes the turn; begins a transaction of the database, or goes on in that of the group."""
        self._turn.take()
        try:
            if self._group is None:
                self._driver.execute("BEGIN IMMEDIATE")
                self._group = CommitGroup()
            else:
                self._driver.execute("SAVEPOINT member")
        except BaseException:
            if self._group is None:
                self._turn.give()
            else:
                self._commit_group(self._group)
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
                # SQLite rolls all of it back by itself when the disk is full.
                opened.lost_by = error
            raise
        self._driver.execute(f"RELEASE {name}")

    def _commit(self, opened: _Transaction) -> None:
        """Returns when what the thread has written is committed. Raises TransactionLost."""
        self._here.transaction = None
        if not opened.writes:
            return
        group = self._open_group()
        if not self._driver.in_transaction:
            self._lose(group, opened.lost_by)
            raise TransactionLost(LOST) from opened.lost_by
        if group.size > 0:
            self._driver.execute("RELEASE member")
        if self._turn.waiting > 0 and group.may_grow:
            place = group.join()
            self._turn.give()
            error = wait(place)
            if error is not None:
                raise TransactionLost(LOST) from error
        elif (error := self._commit_group(group)) is not None:
            raise error

    def _undo(self, opened: _Transaction, reason: BaseException) -> None:
        """Undoes what the thread has written, and nothing of the others in its group."""
        self._here.transaction = None
        if not opened.writes:
            return
        group = self._open_group()
        if not self._driver.in_transaction:
            self._lose(group, opened.lost_by or reason)
            return
        self._tell(False)
        if group.size == 0:
            self._driver.execute("ROLLBACK")
            self._group = None
            self._turn.give()
            return
        self._driver.execute("ROLLBACK TO member")
        self._driver.execute("RELEASE member")
        if self._turn.waiting > 0 and group.may_grow:
            self._turn.give()
        else:
            self._commit_group(group)

    def _open_group(self) -> CommitGroup:
        assert self._group is not None
        return self._group

    def _commit_group(self, group: CommitGroup) -> BaseException | None:
        """Commits the transactions of a group, and gives the turn. Returns the error when it cannot."""
        error: BaseException | None = None
        try:
            self._driver.execute("COMMIT")
        except BaseException as raised:
            error = raised
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
        self._end_group(group, error)
        return error

    def _lose(self, group: CommitGroup, reason: BaseException | None) -> None:
        """The database has rolled a group back by itself."""
        self._end_group(group, reason or TransactionLost(LOST))

    def _end_group(self, group: CommitGroup, error: BaseException | None) -> None:
        self._tell(error is None)
        self._group = None
        self._turn.give()
        group.end(error)

    def _tell(self, committed: bool) -> None:
        for listener in self._on_end:
            listener(committed)


LOST = "the database gave this transaction up; nothing of it was kept"
