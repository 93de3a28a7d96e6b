"""Training jobs can be searched in every test of the store, as on a server."""

from __future__ import annotations

import pytest

from clary.store.attribute_index.joined import search_jobs


@pytest.fixture(autouse=True, scope="session")
def searchable_jobs() -> None:
    search_jobs(["training-job"])
