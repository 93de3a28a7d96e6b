"""Divides tests among the workers of pytest-xdist.

    one folder with one server    a unit    what shares expensive fixtures runs in one worker, so that they
    one file                      a unit    are made once
    one test without fixtures     a unit

The longest units begin first: a long one at the end would run alone, with the other workers idle. Journeys
spend much of their time waiting, so other tests run beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

TOGETHER = ("tests/studio/site/",)
"""Folders whose tests share a server that has trained."""

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


class Units(LoadScopeScheduling):
    """Gives a worker the next unit when it has finished one."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
