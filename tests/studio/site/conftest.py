"""A server that has trained real jobs, and Studio's page of it in a real browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.journeys.jobs import Jobs
from tests.journeys.processing_jobs import ProcessingJobs
from tests.journeys.server import Server, wait_for
from tests.studio.chromium import Chromium, Page
from tests.studio.site.site import METRICS, Studio
from tests.studio.training import digits

from clary.cli.studio import sign_in_link

SCRIPT = "fitting.py"
STEPS, EVERY = 60, 5
"""Of the job that captures tensors."""
GO = "go-on"
"""The object that this job waits for, half way."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Server]:
    """After the browser: without one, nothing is trained."""
    server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def jobs(server: Server) -> Jobs:
    root = server.session(root=True)
    bucket = "studio-pages"
    root("s3").create_bucket(Bucket=bucket)
    account = server.facts["account"]
    return Jobs(root, bucket, f"arn:aws:iam::{account}:role/ClaryExecutionRole")


@pytest.fixture(scope="session")
def trained(jobs: Jobs) -> str:
    """The name of a job that has trained a model."""
    tags = [{"Key": "team", "Value": "vision"}]
    job = jobs.run(SCRIPT, hyperparameters={"steps": 300, "rate": 0.2}, metrics=METRICS, Tags=tags)
    return str(job["TrainingJobName"])


@pytest.fixture(scope="session")
def failed(jobs: Jobs) -> str:
    job = jobs.run(
        SCRIPT, expect="Failed", hyperparameters={"steps": 3, "fail": "the label column is missing"}
    )
    return str(job["TrainingJobName"])


@pytest.fixture(scope="session")
def processing(jobs: Jobs) -> ProcessingJobs:
    return ProcessingJobs(jobs)


@pytest.fixture(scope="session")
def processed(processing: ProcessingJobs) -> str:
    """The name of a processing job that has written an output."""
    return str(processing.run("counting.py")["ProcessingJobName"])


@pytest.fixture(scope="session")
def running(jobs: Jobs) -> str:
    """A convolutional network that learns digits, with the hook, a rule that fires and a profile.

    test_debugger.py looks at it while it trains: it waits half way until the object GO is there.
    """
    content = io.BytesIO()
    images, labels = digits()
    large = np.kron(images * 255, np.ones((1, 1, 4, 4)))[:, 0, 2:30, 2:30]
    np.savez(content, images=large, labels=labels)
    uri = jobs.upload("debugger-digits/digits.npz", content.getvalue())
    collections = [("layers", {"include_regex": "output|input"}), ("weights", {}), ("gradients", {})]
    return jobs.create(
        "debugged_torch.py",
        image="pytorch-training:2.6-cpu-py312",
        inputs={"train": uri.rpartition("/")[0]},
        hyperparameters={
            "steps": STEPS,
            "every_s": 0.1,
            "hold_at": STEPS // 2,
            "go": f"{jobs.bucket}/{GO}",
        },
        DebugHookConfig={
            "S3OutputPath": f"s3://{jobs.bucket}/tensors",
            "CollectionConfigurations": [
                {"CollectionName": name, "CollectionParameters": {"save_interval": str(EVERY), **more}}
                for name, more in collections
            ],
        },
        ProfilerConfig={
            "S3OutputPath": f"s3://{jobs.bucket}/profile",
            "ProfilingIntervalInMilliseconds": 200,
        },
        DebugRuleConfigurations=[
            {
                "RuleConfigurationName": "Vanishing",
                "RuleEvaluatorImage": "sagemaker-debugger-rules:latest",
                "RuleParameters": {"rule_to_invoke": "VanishingGradient", "threshold": "1"},
            }
        ],
    )


@pytest.fixture(scope="session")
def captured(jobs: Jobs, running: str) -> str:
    """The same when it has ended."""
    jobs.upload(GO, b"")
    assert jobs.wait(running, timeout_s=300)["TrainingJobStatus"] == "Completed"
    return running


@pytest.fixture(scope="session")
def judged(jobs: Jobs, captured: str) -> str:
    """The same when its rule has found that gradients vanish."""
    wait_for(
        lambda: (
            jobs.describe(captured)["DebugRuleEvaluationStatuses"][0]["RuleEvaluationStatus"] == "IssuesFound"
        ),
        "the rule's verdict",
        timeout_s=120,
    )
    return captured


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    page = chromium.page(width=1440, height=900, dark=False)
    page.watch_requests()
    yield page
    page.close()


@pytest.fixture
def studio(page: Page, server: Server, tmp_path: Path) -> Iterator[Studio]:
    """Signed in by a link. At the end: nothing was complained of, and nothing was asked of elsewhere."""
    studio = Studio(page, server.url)
    # As ``clary studio`` prints it: tests/journeys/test_command_line.py has the command.
    studio.sign_in(sign_in_link(server.home, server.url))
    yield studio
    page.screenshot(tmp_path / "last.png")
    assert page.troubles() == []
    assert [url for url in page.requests() if not url.startswith((server.url, "data:", "blob:"))] == []
