from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clary.debugger.capture.worker import CLAIM, Worker, claim, host_worker, release_claim


def test_the_first_process_that_asks_may_write(tmp_path: Path) -> None:
    root = str(tmp_path / "tensors")
    asking = f"from clary.debugger.capture.worker import claim; print(claim({root!r}))"

    assert claim(root)

    other = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == "False"


def test_a_claim_ends_with_its_process(tmp_path: Path) -> None:
    asking = f"from clary.debugger.capture.worker import claim; claim({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", asking], check=True)
    assert (tmp_path / CLAIM).exists()

    assert claim(str(tmp_path))
    assert (tmp_path / CLAIM).read_text() == str(os.getpid())


def test_a_claim_can_be_released(tmp_path: Path) -> None:
    claim(str(tmp_path))

    release_claim(str(tmp_path))
    release_claim(str(tmp_path))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("resources", "worker"),
    [
        ({"hosts": ["algo-1", "algo-10", "algo-2"], "current_host": "algo-2"}, Worker(1, 3)),
        ({"hosts": ["algo-1"], "current_host": "algo-1"}, Worker(0, 1)),
        ({}, Worker(0, 1)),
    ],
)
def test_hosts_without_a_distributed_framework_are_workers_in_their_order(
    resources: dict[str, object], worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "input/config").mkdir(parents=True)
    (tmp_path / "input/config/resourceconfig.json").write_text(json.dumps(resources))
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))

    assert host_worker() == worker
    assert worker.name == f"worker_{worker.rank}"
