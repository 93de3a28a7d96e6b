"""Which tests run in one worker, and which a worker takes next."""

from __future__ import annotations

import pytest
from tests.distribution import next_unit, unit_of

JOURNEY, OTHER_JOURNEY = "tests/journeys/test_a.py", "tests/journeys/test_b.py"
PAGES, UNIT = "tests/studio/site/", "tests/wire/test_c.py"


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/wire/test_c.py::test_x[1::2]", "tests/wire/test_c.py"),
        ("tests/studio/site/test_jobs.py::test_x", "tests/studio/site/"),
        (
            "tests/journeys/test_pages.py::test_x[README.md]",
            "tests/journeys/test_pages.py::test_x[README.md]",
        ),
    ],
)
def test_a_file_is_a_unit_but_for_folders_that_share_a_server_and_tests_that_share_nothing(
    nodeid: str, unit: str
) -> None:
    assert unit_of(nodeid) == unit


def test_one_sort_of_units_is_taken_in_order_and_then_the_other() -> None:
    left = [JOURNEY, PAGES, OTHER_JOURNEY, UNIT]

    def taken(*, waiting: bool) -> list[str]:
        queue, order = list(left), []
        while queue:
            order.append(next_unit(queue, waiting=waiting))
            queue.remove(order[-1])
        return order

    assert taken(waiting=True) == [JOURNEY, OTHER_JOURNEY, PAGES, UNIT]
    assert taken(waiting=False) == [PAGES, UNIT, JOURNEY, OTHER_JOURNEY]
