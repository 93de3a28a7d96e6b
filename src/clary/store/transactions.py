"""The transaction of one thread, and how it may be lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .drivers import Writer


class TransactionLost(Exception):
    """The database has rolled a transaction back by itself.

    Either the writer caught an error and ignored it, or another transaction of the same group had an error:
    that one is the ``__cause__``.
    """


@dataclass(slots=True)
class OpenTransaction:
    """The transaction of one thread.

    writes: whether the thread has the turn to write. savepoints: how many were made. lost_by: the error after
    which the database rolled the transaction back by itself. notices: for other servers.
    """

    writes: bool = False
    savepoints: int = 0
    lost_by: BaseException | None = None
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def finish(writer: Writer, opened: OpenTransaction, *, is_member: bool) -> None:
    """Does what is left before a COMMIT. Raises TransactionLost when it would keep nothing.

    is_member: the transaction is a savepoint in that of a group.
    """
    if writer.failed:
        # A COMMIT of PostgreSQL would roll back without an error.
        raise TransactionLost(IGNORED)
    if opened.notices:
        writer.announce(opened.notices)
    if is_member:
        writer.execute("RELEASE member")


def roll_back(writer: Writer, *statements: str) -> bool:
    """Runs statements that undo something. Returns False when the transaction is gone with its connection."""
    try:
        for statement in statements:
            writer.execute(statement)
    except Exception:
        if writer.in_transaction:
            raise
        return False
    return True


IGNORED = "a statement failed and its error was ignored; nothing of this transaction was kept"
LOST = "the database has rolled this transaction back; nothing of it was kept"
