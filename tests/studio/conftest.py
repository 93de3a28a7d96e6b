from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.studio.chromium import Chromium, installed


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    program = installed()
    if program is None:
        pytest.skip("no Chromium on this machine; install Debian's chromium, or put one on PATH")
    browser = Chromium(program, tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()
