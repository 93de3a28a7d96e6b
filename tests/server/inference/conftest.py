from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.inference.runtime import Runtime, running


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    with running(tmp_path / "home") as runtime:
        yield runtime
