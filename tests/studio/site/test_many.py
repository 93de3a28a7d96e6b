"""Studio's page with much to show, and many pages of one server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.server.conftest import Served, serving
from tests.server.studio.browser import new_link
from tests.studio.chromium import Chromium, Page
from tests.studio.site.site import Studio

from clary.store.records import Records

JOBS = 10_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("many")
    with serving(folder / "home", folder / "environments") as served:
        records = served.platform.records
        with records.transaction():
            for number in range(JOBS):
                insert(records, number)
        yield served


def insert(records: Records, number: int, status: str = "Completed") -> str:
    """Keeps the record of a job that has ended, so that the server does not try to run it."""
    name = f"job-{number:05}"
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:training-job/{name}"
    document: dict[str, Any] = {
        "TrainingJobName": name,
        "TrainingJobArn": arn,
        "TrainingJobStatus": status,
        "SecondaryStatus": status,
        "CreationTime": 1_700_000_000.0 + number,
        "AlgorithmSpecification": {"TrainingImage": "python:3.11", "TrainingInputMode": "File"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "HyperParameters": {"rate": str(number)},
    }
    records.insert("training-job", name, document, arn=arn, status=status)
    return name


def studio_of(page: Page, served: Served) -> Studio:
    studio = Studio(page, f"http://{served.host}:{served.port}")
    studio.sign_in(f"{studio.url}/studio/login#link={new_link(served)}")
    return studio


def test_ten_thousand_jobs_cost_the_page_a_screenful(chromium: Chromium, served: Served) -> None:
    page = chromium.page(width=1440, height=900)
    studio = studio_of(page, served)
    studio.open("/training-jobs")
    studio.wait_for("job-09999")

    # Down as fast as the rows come.
    page.wait(
        """(() => {
          const table = document.querySelector('.table');
          table.scrollTop = table.scrollHeight;
          return table.innerText.includes('job-00000');
        })()""",
        120,
    )

    assert len(studio.rows()) < 60
    assert page.evaluate("document.querySelectorAll('*').length") < 1_000
    studio.wait_for("10,000 training jobs")
    assert page.troubles() == []
    page.close()


def test_a_finger_scrolls_the_list(chromium: Chromium, served: Served) -> None:
    page = chromium.page(width=390, height=780)
    studio = studio_of(page, served)
    studio.open("/training-jobs")
    studio.wait_for("job-09999")

    page.touch(((150, 600), (150, 300)))

    page.wait("document.querySelector('.table').scrollTop > 100")
    assert page.troubles() == []
    page.close()


def test_a_change_reaches_the_row_it_belongs_to(chromium: Chromium, served: Served) -> None:
    page = chromium.page(width=1440, height=900)
    studio = studio_of(page, served)
    studio.open("/training-jobs")
    studio.wait_for("job-09999")

    served.platform.records.update(
        "training-job", "job-09990", {"TrainingJobStatus": "Failed"}, status="Failed"
    )
    new = insert(served.platform.records, JOBS, "Failed")

    studio.wait_for(new)
    page.wait(
        "[...document.querySelectorAll('[role=row]')].some((row) => "
        "row.innerText.includes('job-09990') && row.innerText.includes('Failed'))"
    )
    assert studio.rows()[0] == new
    page.close()


def wait_for_streams(served: Served, count: int) -> None:
    """A page that was just opened or closed may be underway."""
    waiting = threading.Event()
    for _ in range(1_000):
        if served.platform.changes.streams == count:
            return
        waiting.wait(0.02)
    assert served.platform.changes.streams == count


def test_ten_tabs_share_one_stream(chromium: Chromium, served: Served) -> None:
    first = chromium.page()
    studio = studio_of(first, served)
    tabs = [first]
    for _ in range(9):
        tab = chromium.page()
        tab.open(f"{studio.url}/studio/training-jobs")
        tabs.append(tab)
    first.open(f"{studio.url}/studio/training-jobs")
    for tab in tabs:
        tab.front()
        tab.wait("document.querySelector('[role=row] .name')")

    wait_for_streams(served, 1)
    name = insert(served.platform.records, JOBS + 1, "Failed")
    for tab in tabs:
        tab.front()
        tab.wait(f"document.querySelector('main').innerText.includes('{name}')")

    for tab in tabs:
        assert tab.troubles() == []
        tab.close()
    wait_for_streams(served, 0)


def test_a_page_that_one_goes_back_to_is_told_of_changes(chromium: Chromium, served: Served) -> None:
    """A browser may keep a page that is left, and show it again as it was."""
    page = chromium.page()
    studio = studio_of(page, served)
    studio.open("/training-jobs")
    studio.wait_for("job-09999")
    page.open(f"{studio.url}/studio/training-jobs/job-09999")
    meanwhile = insert(served.platform.records, JOBS + 2, "Failed")

    page.evaluate("history.back()")
    studio.wait_for(meanwhile)
    studio.wait_for(insert(served.platform.records, JOBS + 3, "Failed"))
    assert page.troubles() == []
    page.close()
    wait_for_streams(served, 0)


def test_a_session_that_ends_shows_the_way_in(chromium: Chromium, served: Served) -> None:
    page = chromium.page()
    studio = studio_of(page, served)
    studio.open("/training-jobs?status=Completed")
    studio.wait_for("job-09999")

    for session in served.platform.records.names("studio-session"):
        served.platform.records.delete("studio-session", session)

    page.wait("document.querySelector('input[name=password]')")
    assert "next=" in studio.address
    page.close()


def test_the_page_runs_no_inline_script(chromium: Chromium, served: Served) -> None:
    """What a job's name or log smuggled into the page would be such a script."""
    page = chromium.page()
    studio = studio_of(page, served)

    page.evaluate(
        """(() => {
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
          const image = document.createElement('img');
          image.setAttribute('onerror', 'window.ran = true');
          image.src = 'data:,';
          document.body.append(image);
        })()"""
    )
    page.wait("document.querySelector('main h1')")

    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in said for said in page.troubles())
    assert studio.address == "/"
    page.close()
