"""Threads that share the transfers of one job."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client.objects import ObjectSource


def in_threads(
    count: int,
    run: Callable[[ObjectSource], None],
    source: ObjectSource,
    stop: Callable[[], object] = lambda: None,
) -> None:
    """Calls ``run`` in ``count`` threads, each with a source of its own, and waits for all of them.

    stop: called when one has failed or this thread was interrupted, so that the others end soon. Raises the
    first exception of a thread.
    """
    if count <= 1:
        run(source)
        return
    errors: list[BaseException] = []

    def guarded() -> None:
        mine = source.fork()
        try:
            run(mine)
        except BaseException as error:
            errors.append(error)
            stop()
        finally:
            mine.close()

    threads = [
        threading.Thread(target=guarded, name=f"transfer {number}", daemon=True) for number in range(count)
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        stop()
        raise
    if errors:
        raise errors[0]
