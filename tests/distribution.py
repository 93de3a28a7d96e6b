"""Divides tests among the workers of pytest-xdist.

    one folder with one server    a unit    what shares expensive fixtures runs in one worker, so that they
    one file                      a unit    are made once
    one test without fixtures     a unit

The longest units begin first: a long one at the end would run alone, with the other workers idle. Journeys
spend most of their time waiting: for jobs, and for an SDK that looks at its job every 10 to 30 seconds. So
one worker takes what needs a processor all the time, and the others take journeys, until there is only one
sort left. Two processors serve four workers so, and no two workers draw pages or compute at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest
    from xdist.workermanage import WorkerController

TOGETHER = ("tests/studio/site/", "tests/server/inference/")
"""Folders whose tests share what there is once: a server that has trained, the addresses of endpoints."""

APART = ("tests/journeys/test_pages.py", "tests/journeys/test_demo.py")
"""Files whose tests each have a server of their own."""

FIRST = (
    "tests/journeys/test_pages.py",
    # Before others have trained more on the server that they share.
    "tests/studio/site/test_pages.py",
    "tests/studio/site/",
    "tests/journeys/test_kill.py",
    "tests/journeys/test_demo.py",
    "tests/journeys/test_examples.py",
    "tests/journeys/test_experiments_kill.py",
    "tests/journeys/test_sdk_",
    "tests/journeys/test_debugger_",
    "tests/journeys/test_rules",
    "tests/journeys/",
    "tests/debugger/capture/",
    "tests/services/access/",
    "tests/store/attribute_index/",
    "tests/wire/",
    "",
)
"""Beginnings of the paths of tests, in the order in which they begin."""


WAITING = "tests/journeys/"
"""The beginning of the paths of tests that mostly wait."""


def unit_of(nodeid: str) -> str:
    """Returns the name of the unit of a test: tests of one unit run in one worker, in their order."""
    path = nodeid.partition("::")[0]
    if path in APART:
        return nodeid
    return next((folder for folder in TOGETHER if path.startswith(folder)), path)


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Returns tests in the order in which their units begin."""
    return sorted(items, key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    return next(rank for rank, beginning in enumerate(FIRST) if nodeid.startswith(beginning))


def next_unit(units: Iterable[str], *, waiting: bool) -> str:
    """Returns the first unit that mostly waits, or that does not; the first of all where there is none."""
    left = list(units)
    return next((unit for unit in left if unit.startswith(WAITING) is waiting), left[0])


class Units(LoadScopeScheduling):
    """Gives a worker the next unit when it has almost finished one."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        chosen = next_unit(self.workqueue, waiting=node.gateway.id != "gw0")
        self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        # A worker runs a test when it knows the next one. With more of them, a long unit would wait behind
        # another while a worker is idle.
        if node.shutting_down or not self.workqueue or self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)
