from __future__ import annotations

from dataclasses import replace

import pytest
from tests.server.test_one_transaction import AnyMachine

from clary.services.context import Context


@pytest.fixture
def ctx(ctx: Context) -> Context:
    return replace(ctx, machines=AnyMachine())
