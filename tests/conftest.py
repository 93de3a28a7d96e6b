from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.distribution import Units


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        # In a worker of pytest-xdist. Without workers, tests run as they are listed.
        from tests.distribution import in_order

        items[:] = in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Units | None:
    if config.getvalue("dist") != "load":
        return None
    from tests.distribution import Units

    config.option.loadscopereorder = False
    return Units(config, log)
