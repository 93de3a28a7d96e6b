from __future__ import annotations

import os
import subprocess
import sys

from tests.host.profile.proc import Proc

from clary.host.profile.processes import SCAN_EVERY, JobProcesses

PAGE = os.sysconf("SC_PAGE_SIZE")


def job(proc: Proc, **changes: int) -> JobProcesses:
    settings = {"cpus": 2, "memory_bytes": 1000 * PAGE, **changes}
    return JobProcesses(10, proc=str(proc), **settings)


def values(processes: JobProcesses, elapsed_s: float = 0.5) -> dict[str, float]:
    return {reading.name: reading.value for reading in processes.read(elapsed_s)}


def test_cpu_is_that_of_the_process_and_all_below_it_in_percent_of_the_hosts_cores(proc: Proc) -> None:
    proc.process(10, 1)
    proc.process(11, 10)
    proc.process(12, 11, name="a) S 1 (b")
    proc.process(99, 1)
    processes = job(proc)
    processes.read(0.0)
    proc.process(10, 1, ticks=(10, 0, 0, 0))
    proc.process(11, 10, ticks=(0, 20, 0, 0))
    proc.process(12, 11, ticks=(20, 0, 0, 0), name="a) S 1 (b")
    proc.process(99, 1, ticks=(5000, 0, 0, 0))

    assert values(processes)["JobCPUUtilization"] == 50.0  # 0.5 s of work in 0.5 s, of two cores


def test_the_time_of_a_child_that_ended_is_not_lost_and_not_counted_twice(proc: Proc) -> None:
    proc.process(10, 1)
    proc.process(11, 10, ticks=(40, 0, 0, 0))
    processes = job(proc)
    processes.read(0.0)
    proc.ends(11)
    proc.process(10, 1, ticks=(0, 0, 50, 0))

    assert values(processes)["JobCPUUtilization"] == 10.0


def test_the_time_of_an_orphan_that_ended_counts_as_none(proc: Proc) -> None:
    proc.process(10, 1)
    proc.process(11, 10, ticks=(40, 0, 0, 0))
    processes = job(proc)
    processes.read(0.0)
    proc.ends(11)

    assert values(processes)["JobCPUUtilization"] == 0.0


def test_new_processes_are_found_within_some_looks(proc: Proc) -> None:
    proc.process(10, 1)
    processes = job(proc)
    processes.read(0.0)
    proc.process(13, 10, ticks=(10, 0, 0, 0))

    seen = [values(processes)["JobCPUUtilization"] for _ in range(SCAN_EVERY)]

    assert sum(seen) == 10.0


def test_a_child_with_a_lower_number_than_its_parent_is_found(proc: Proc) -> None:
    proc.process(10, 1)
    proc.process(12, 10)
    proc.process(3, 12)
    proc.process(2, 3)
    processes = job(proc)
    processes.read(0.0)
    proc.process(2, 3, ticks=(10, 0, 0, 0))

    assert values(processes)["JobCPUUtilization"] == 10.0


def test_an_orphan_that_was_known_stays_the_jobs(proc: Proc) -> None:
    proc.process(10, 1)
    proc.process(11, 10)
    processes = job(proc)
    processes.read(0.0)
    proc.process(11, 1, ticks=(100, 0, 0, 0))

    assert values(processes)["JobCPUUtilization"] == 100.0


def test_memory_counts_what_is_shared_once(proc: Proc) -> None:
    proc.process(10, 1, pages=(300, 100))
    proc.process(11, 10, pages=(200, 90))

    assert values(job(proc), 0.0) == {"JobMemoryUsedPercent": 41.0}


def test_disk_is_what_moved_since_the_look_before(proc: Proc) -> None:
    proc.process(10, 1, disk=(1000, 1000))
    processes = job(proc)
    processes.read(0.0)
    proc.process(10, 1, disk=(3000, 1000))
    read = values(processes)

    assert read["JobReadBytesPerSecond"] == 4000.0
    assert read["JobWriteBytesPerSecond"] == 0.0


def test_a_job_that_has_ended_uses_nothing(proc: Proc) -> None:
    proc.process(10, 1, ticks=(10, 10, 0, 0), pages=(10, 0))
    processes = job(proc)
    processes.read(0.0)
    proc.ends(10)

    assert set(values(processes).values()) == {0.0}


def test_a_real_process_that_works_is_seen_working() -> None:
    working = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE
    )
    try:
        assert working.stdout is not None
        working.stdout.readline()
        processes = JobProcesses(working.pid, cpus=1, memory_bytes=1 << 30)
        processes.read(0.0)
        while not (found := values(processes, 0.01)["JobCPUUtilization"]):
            pass
        assert found > 0
        assert values(processes)["JobMemoryUsedPercent"] > 0.1
    finally:
        working.kill()
        working.communicate()
