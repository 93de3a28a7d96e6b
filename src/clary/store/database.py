"""One database: many readers, one writer at a time, listeners told after a commit.

Readers continue while one transaction writes (SQLite in WAL mode, PostgreSQL: ``drivers``). A thread that
wants to write first takes a turn (``writer_turn``), so that threads queue in order and share commits.

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
from typing import TYPE_CHECKING

from .announcements import Announcements
from .commit_group import CommitGroup, wait
from .connections import ReadConnections
from .drivers import open_driver
from .migrate import bring_up_to_date
from .transactions import IGNORED, LOST, OpenTransaction, finish, roll_back
from .transactions import TransactionLost as TransactionLost
from .writer_turn import WriterTurn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection


class Database:
    """Transactions over one database. Safe to use from any thread."""

    def __init__(self, url: str) -> None:
        """Opens (and creates, or migrates) the database at an SQLAlchemy URL. Raises DatabaseUnavailable."""
        self._driver = open_driver(url)
        self._engine, self.place = self._driver.engine, self._driver.place
        self._driver.connect().close()
        bring_up_to_date(self._engine)
        self._readers = ReadConnections(self._driver)
        self._turn = WriterTurn()
        self._writer = self._driver.open_writer(self._without_transaction)
        self.announcements = Announcements(self._driver)
        self._group: CommitGroup | None = None
        self._on_end: list[Callable[[bool], None]] = []
        self._here = threading.local()

    @classmethod
    def at(cls, path: Path) -> Database:
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{path}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees all commits, and what this thread's transaction has written."""
        opened = self._open_now()
        if opened is not None and opened.writes:
            yield self._writer.connection
            return
        connection = self._readers.take()
        try:
            yield connection
        except Exception as error:
            self._driver.translate(error)
            raise
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
                yield self._writer.connection
        else:
            if not opened.writes:
                self._begin(opened)
            # Also for the first write of a transaction: its error may be caught, and other writes follow.
            with self._savepoint(opened):
                yield self._writer.connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As ``read``, and all statements of the block see one state."""
        with self.read() as connection:
            connection.exec_driver_sql(self._driver.begin_snapshot)
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits what this thread writes in the block together at its end, or nothing of it when it raises.

        The first write takes the turn, so a block that only reads costs nothing. Nothing may be awaited in
        the block, because the transaction belongs to the thread. Raises TransactionLost.
        """
        if self._open_now() is not None:
            yield
            return
        opened = self._here.transaction = OpenTransaction()
        try:
            yield
        except BaseException as error:
            self._undo(opened, error)
            self._driver.translate(error)
            raise
        try:
            self._commit(opened)
        except Exception as error:
            self._driver.translate(error)
            raise
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

    @property
    def shared_clock(self) -> Callable[[Connection], float] | None:
        """The clock of a database that has several servers (epoch seconds)."""
        return self._driver.clock if self._driver.is_shared else None

    def announce(self, topic: str, *words: str) -> None:
        """Tells other servers about the transaction of this thread when it is committed."""
        open_now = self._open_now()
        if open_now is not None and self._driver.is_shared:
            open_now.notices.append(self.announcements.notice(topic, *words))

    def on_end(self, listener: Callable[[bool], None]) -> None:
        """Calls ``listener(committed)`` after a commit, and after a transaction or a block was rolled back.

        It is called before the next transaction begins.
        """
        self._on_end.append(listener)

    def make_durable(self) -> None:
        """Copies all commits so far into the database itself. A power cut can take none of them then."""
        self._writer.make_durable()

    def sync_log(self) -> None:
        """Returns when a power cut can take none of the commits so far. Does nothing in a transaction."""
        if self._open_now() is None:
            self._writer.sync_log()

    def close(self) -> None:
        """Closes all connections. No block may be open in any thread."""
        self.announcements.close()
        self._writer.close()
        self._readers.close()
        self._engine.dispose()

    def _open_now(self) -> OpenTransaction | None:
        return getattr(self._here, "transaction", None)

    def _begin(self, opened: OpenTransaction) -> None:
        """Takes the turn, and begins a transaction or continues that of the open group."""
        self._turn.take()
        try:
            if self._group is None:
                self._writer.begin()
                self._group = CommitGroup()
            else:
                self._writer.execute("SAVEPOINT member")
        except BaseException:
            if self._group is not None:
                self._commit_group(self._group)
            self._turn.give()
            raise
        opened.writes = True

    @contextmanager
    def _savepoint(self, opened: OpenTransaction) -> Iterator[None]:
        if not self._writer.in_transaction:
            raise TransactionLost(LOST)
        opened.savepoints += 1
        name = f"s{opened.savepoints}"
        calls, notices = len(opened.callbacks), len(opened.notices)
        self._writer.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException as error:
            del opened.callbacks[calls:], opened.notices[notices:]
            self._tell(False)
            if self._writer.in_transaction:
                self._writer.execute(f"ROLLBACK TO {name}")
                self._writer.execute(f"RELEASE {name}")
            elif opened.lost_by is None:
                # SQLite rolls back the whole transaction by itself when the disk is full.
                opened.lost_by = error
            raise
        if self._writer.failed:
            self._writer.execute(f"ROLLBACK TO {name}")
            del opened.callbacks[calls:], opened.notices[notices:]
            self._tell(False)
            raise TransactionLost(IGNORED)
        self._writer.execute(f"RELEASE {name}")

    def _commit(self, opened: OpenTransaction) -> None:
        """Commits what the thread has written, alone or with its group. Raises TransactionLost."""
        self._here.transaction = None
        if not opened.writes:
            return
        group = self._group
        assert group is not None
        if not self._writer.in_transaction:
            self._end_group(group, opened.lost_by or TransactionLost(LOST))
            self._turn.give()
            raise TransactionLost(LOST) from opened.lost_by
        try:
            finish(self._writer, opened, is_member=group.size > 0)
        except BaseException as error:
            self._undo(opened, error)
            raise
        if self._turn.waiting > 0 and group.may_grow:
            ticket = group.join()
            self._turn.give()
            lost_by = wait(ticket)
            if lost_by is not None:
                raise TransactionLost(LOST) from lost_by
            return
        failure = self._commit_group(group)
        self._turn.give()
        if failure is not None:
            raise failure

    def _undo(self, opened: OpenTransaction, reason: BaseException) -> None:
        """Rolls back what the thread has written, and nothing of others in its group."""
        self._here.transaction = None
        if not opened.writes:
            return
        group = self._group
        assert group is not None
        if not self._writer.in_transaction:
            self._end_group(group, opened.lost_by or reason)
        elif group.size == 0 or not roll_back(self._writer, "ROLLBACK TO member", "RELEASE member"):
            roll_back(self._writer, "ROLLBACK")
            self._end_group(group, reason)
        else:
            self._tell(False)
            if not (self._turn.waiting > 0 and group.may_grow):
                self._commit_group(group)
        self._turn.give()

    def _commit_group(self, group: CommitGroup) -> BaseException | None:
        """Commits a group. Returns the error when that fails."""
        error: BaseException | None = None
        try:
            self._writer.execute("COMMIT")
        except BaseException as raised:
            error = raised
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        self._end_group(group, error)
        return error

    def _end_group(self, group: CommitGroup, error: BaseException | None) -> None:
        """Ends a group that is committed, or rolled back because of an error."""
        self._tell(error is None)
        self._group = None
        if error is None:
            self._writer.committed()
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
