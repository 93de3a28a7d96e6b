"""A job of two hosts in a browser: what each of its workers has captured, and the log of each host."""

from __future__ import annotations

import numpy as np
import pytest
from tests.journeys.jobs import Jobs
from tests.studio.site.site import Studio

from clary.debugger.tensors import Mode, TensorWriter

HOSTS, STEPS, CLASSES = 2, 3, 4
READY = "document.querySelector('.network-plot')?.dataset.state === 'ready'"


def scores(worker: int, step: int) -> np.ndarray:
    """One sample, whose highest class is 1 for the first worker and 2 for the second."""
    values = np.zeros((1, CLASSES), np.float32)
    values[0, worker + 1] = 10 * (worker + 1) + step
    return values


@pytest.fixture(scope="module")
def parallel(jobs: Jobs, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A job on two hosts, with files as the hooks of a worker on each of them write."""
    name = jobs.create(
        "fitting.py",
        instances=HOSTS,
        hyperparameters={"steps": 5},
        DebugHookConfig={"S3OutputPath": f"s3://{jobs.bucket}/tensors"},
    )
    root = tmp_path_factory.mktemp("workers")
    for worker in range(HOSTS):
        writer = TensorWriter(str(root), f"worker_{worker}", HOSTS, end_marker=worker == 0, on_sigterm=False)
        for step in range(STEPS):
            image = np.ones((1, 1, 4, 4), np.float32)
            tensors = [("Net_input_0", image), ("fc_output_0", scores(worker, step))]
            assert writer.write(step, Mode.TRAIN, step, tensors)
        writer.close()
    for path in (each for each in root.rglob("*") if each.is_file()):
        jobs.upload(f"tensors/{name}/debug-output/{path.relative_to(root).as_posix()}", path.read_bytes())
    assert jobs.wait(name)["TrainingJobStatus"] == "Completed"
    return name


def test_each_worker_has_its_row_and_its_values(studio: Studio, parallel: str) -> None:
    studio.open(f"/debugger/training-job/{parallel}")
    studio.wait_for("worker_1")
    rows = studio.page.evaluate(
        "[...document.querySelectorAll('.card tbody tr')]"
        ".map((row) => row.innerText.split('\\t').slice(0, 2)).filter(([name]) => name.startsWith('worker_'))"
    )
    assert rows == [[f"worker_{worker}", str(STEPS)] for worker in range(HOSTS)]

    studio.open(f"/debugger/training-job/{parallel}?tab=tensors&tensor=fc_output_0")
    highest = """(() => {
      const [head, newest] = document.querySelectorAll('.statistics tr');
      return newest?.children[[...head.children].findIndex((each) => each.innerText === 'max')].innerText;
    })()"""
    studio.page.wait(f"{highest} === '{10 + STEPS - 1}'")
    studio.type("Worker", "worker_1")

    studio.page.wait("location.search.includes('worker=worker_1')")
    studio.page.wait(f"{highest} === '{20 + STEPS - 1}'")


def test_the_network_is_that_of_the_chosen_worker(studio: Studio, parallel: str) -> None:
    for worker in ("", "worker_1"):
        studio.open(f"/debugger/training-job/{parallel}?tab=network&worker={worker}")
        studio.page.wait(READY)
        predicted = studio.page.evaluate("document.querySelector('.network-plot').dataset.predicted")
        assert predicted == ("2" if worker else "1")


def test_each_host_has_its_log(studio: Studio, parallel: str) -> None:
    studio.open(f"/training-jobs/{parallel}?tab=log")
    studio.wait_for("saved 100%")
    offered = studio.page.evaluate(
        "[...document.querySelectorAll('select.field option')].map((each) => each.innerText)"
    )
    assert offered == ["All 2 hosts", "algo-1", "algo-2"]

    studio.open(f"/training-jobs/{parallel}?tab=log&host=algo-2")
    studio.wait_for("saved 100%")
    assert studio.page.evaluate("document.querySelector('select.field').value") == "algo-2"
