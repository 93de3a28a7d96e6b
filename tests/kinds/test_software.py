from __future__ import annotations

from pathlib import Path

from clary.kinds.software import LOG_GROUP, keep_packages
from clary.store.database import Database
from clary.store.logs import LogStore


def test_a_list_of_packages_is_written_once_and_another_beside_it(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "clary.db")
    logs = LogStore(database)

    first = keep_packages(logs, "pytorch-1", ("numpy==2.0", "torch==2.6.0"), 1.0)
    again = keep_packages(logs, "pytorch-1", ("numpy==2.0", "torch==2.6.0"), 2.0)
    other = keep_packages(logs, "pytorch-1", ("numpy==2.1", "torch==2.6.0"), 3.0)

    assert first == again != other
    assert [event.message for event in logs.read(LOG_GROUP, first)] == ["numpy==2.0", "torch==2.6.0"]
    assert keep_packages(logs, "pytorch-1", (), 4.0) == ""
    database.close()
