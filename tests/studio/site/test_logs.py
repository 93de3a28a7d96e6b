"""A log of a million lines from two hosts, in the page: more than a browser has pixels for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.server.conftest import Served, serving
from tests.studio.chromium import Chromium, Page
from tests.studio.site.site import Studio
from tests.studio.site.test_many import insert, studio_of

GROUP = "/aws/sagemaker/TrainingJobs"
LINES = 1_000_000
NEEDLE = 934_211
"""The number of the line that is searched for, from 1."""
LOG = "document.querySelector('.log')"
SEEN = "document.querySelector('.log-rows').innerText"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Served]:
    """Two hosts of a job have written in turn; line n has n in it."""
    folder = tmp_path_factory.mktemp("logs")
    with serving(folder / "home", folder / "environments") as served:
        name = insert(served.platform.records, 0)
        logs, now = served.platform.logs, 1_700_000_000.0
        logs.create_group(GROUP, now, exist_ok=True)
        for host in (1, 2):
            stream = f"{name}/algo-{host}-1700000000000"
            logs.create_stream(GROUP, stream, now)
            lines = [
                (number, "\x1b[31mneedle\x1b[0m" if number == NEEDLE else f"line {number}")
                for number in range(host, LINES + 1, 2)
            ]
            logs.append(GROUP, stream, lines, now)
        yield served


@pytest.fixture
def studio(chromium: Chromium, served: Served) -> Iterator[Studio]:
    page = chromium.page(width=1440, height=900)
    studio = studio_of(page, served)
    yield studio
    assert page.troubles() == []
    page.close()


def rows(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.log .line-text')].map((each) => each.innerText)"
    )
    return found


def test_any_of_many_lines_is_there_at_once(studio: Studio) -> None:
    page = studio.page
    studio.open("/training-jobs/job-00000?tab=log")
    studio.wait_for("1,000,000 lines")
    page.wait(f"{SEEN}.includes('line {LINES}')")

    # To each place of the scroll bar as a hand drags it.
    for share in (0.0, 0.25, 0.5, 0.75):
        page.evaluate(f"{LOG}.scrollTop = {LOG}.scrollHeight * {share}")
        page.wait(f"Math.abs(Number((/line (\\d+)/.exec({SEEN}) ?? [])[1]) / {LINES} - {share}) < 0.01")
        numbers = [int(re.sub(r"\D", "", each)) for each in rows(page) if each.startswith("line")]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "both hosts, in order of time"

    assert page.evaluate("document.querySelectorAll('.log .line').length") < 60
    assert "algo-1" in page.evaluate(SEEN)
    assert "algo-2" in page.evaluate(SEEN)


def test_a_line_is_found_linked_and_its_address_restores_it(studio: Studio) -> None:
    page = studio.page
    studio.open("/training-jobs/job-00000?tab=log")
    studio.wait_for("1,000,000 lines")
    studio.type("Search in the log", "NEEDLE")
    page.wait("document.querySelector('.line.here .fg-red')?.innerText === 'needle'")
    studio.wait_for("1 of 1")
    page.evaluate("document.querySelector('.line.here .line-number').click()")
    page.wait(f"location.search.includes('line={NEEDLE}')")

    studio.open(studio.address)
    page.wait("document.querySelector('.line.here')?.innerText.includes('needle')")


def test_wrapped_lines_scroll_to_both_ends_by_keys(studio: Studio) -> None:
    page = studio.page
    studio.open("/training-jobs/job-00000?tab=log&host=algo-1&wrap=true&line=5")
    studio.wait_for("500,000 lines")
    page.wait(f"{SEEN}.includes('line 9')")
    page.evaluate("document.querySelector('.log').focus()")

    page.press("End")
    page.wait(f"{SEEN}.includes('line {LINES - 1}')")
    page.press("Home")
    page.wait(f"{SEEN}.split('\\n').includes('line 1')")
    page.press("PageDown")
    page.wait(f"!{SEEN}.split('\\n').includes('line 1')")


def test_a_new_line_shows_where_the_end_is_followed(studio: Studio, served: Served) -> None:
    def lines(*texts: str) -> list[tuple[int, str]]:
        return [(LINES + 1, text) for text in texts]

    logs: Any = served.platform.logs
    # Not run by the server: it has no hosts. The page takes it for a job that runs.
    name = insert(served.platform.records, 7)
    stream = f"{name}/algo-1-1700000000000"
    logs.create_stream(GROUP, stream, 1_700_000_000.0)
    logs.append(GROUP, stream, lines(*(f"old {number}" for number in range(100))), 1_700_000_000.0)
    studio.open(f"/training-jobs/{name}?tab=log")
    studio.wait_for("100 lines")
    studio.page.wait(f"{SEEN}.includes('old 99')")
