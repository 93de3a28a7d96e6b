from __future__ import annotations

from pathlib import Path

import pytest

from clary.host.bounds.cgroups import Group
from clary.host.container.memory import ContainerMemory


@pytest.mark.parametrize(
    ("file", "limit", "limited"),
    [
        ("memory.max", "max\n", False),
        ("memory.max", "67108864\n", True),
        ("memory.limit_in_bytes", "9223372036854771712\n", False),
        ("memory.limit_in_bytes", "67108864\n", True),
        ("cgroup.procs", "1\n", False),
    ],
)
def test_memory_is_measured_unless_the_engine_has_limited_it(
    tmp_path: Path, file: str, limit: str, limited: bool
) -> None:
    (tmp_path / file).write_text(limit)
    memory = ContainerMemory()
    assert not memory.holds(1)

    memory.follow(Group(str(tmp_path), ("memory",)))

    assert memory.holds(1) is limited


def test_a_group_that_is_gone_keeps_what_it_has_counted(tmp_path: Path) -> None:
    events = tmp_path / "memory.events"
    events.write_text("oom 1\noom_kill 2\n")
    memory = ContainerMemory()
    memory.follow(Group(str(tmp_path), ("memory",)))
    assert memory.kills() == 2

    events.unlink()

    assert memory.kills() == 2
    memory.engine_says_killed = True
    assert memory.kills() == 2
