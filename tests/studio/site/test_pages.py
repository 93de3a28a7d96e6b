"""Studio's pages in a real browser, over a server that has trained real jobs."""

from __future__ import annotations

import ast
from urllib.parse import urlsplit

import pytest
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server
from tests.studio.chromium import Page
from tests.studio.site.conftest import SCRIPT
from tests.studio.site.site import AXE, METRICS, TEXT, Studio

PASSWORD = "Correct-horse-1"


def test_home_tells_what_failed_and_why(studio: Studio, trained: str, failed: str) -> None:
    studio.open("/")

    studio.wait_for("Failed lately")
    studio.wait_for("the label column is missing")
    studio.wait_for(trained)


def test_the_list_shows_filters_and_sorts_and_its_address_restores_it(
    studio: Studio, trained: str, failed: str
) -> None:
    studio.open("/training-jobs")
    studio.wait_for(trained)
    assert studio.rows()[:2] == [failed, trained], "the newest first"

    studio.type("Status", "Completed")
    studio.page.wait(f"!({TEXT}).includes('{failed}')")
    studio.type("Search training jobs by name", trained[-6:].upper())
    studio.page.wait("location.search.includes('search=')")
    studio.click("Name")
    studio.page.wait("location.search.includes('sort=Name')")
    studio.click("Columns")
    studio.page.wait("document.querySelector('.menu label')")
    studio.page.evaluate(
        "[...document.querySelectorAll('.menu label')].find((each) => /^loss/.test(each.innerText)).click()"
    )
    studio.page.wait("location.search.includes('metric')")
    address = studio.address

    studio.open(address)
    studio.wait_for(trained)
    titles = studio.page.evaluate(
        "[...document.querySelectorAll('[role=columnheader]')].map((each) => each.innerText.trim())"
    )

    assert studio.rows() == [trained]
    assert titles[-1] == "loss"
    assert studio.page.evaluate("document.querySelector('[aria-label=Status]').value") == "Completed"
    assert studio.page.evaluate("document.querySelector('[aria-sort]').innerText.trim()").startswith("Name")


def test_a_job_page_shows_what_the_console_does(studio: Studio, jobs: Jobs, trained: str) -> None:
    job = jobs.describe(trained)

    studio.open("/training-jobs")
    studio.click(trained)
    studio.wait_for("Status over time")
    studio.wait_for("vision")

    text = studio.page.evaluate(TEXT)
    shown = [
        job["TrainingJobArn"],
        job["ModelArtifacts"]["S3ModelArtifacts"],
        job["RoleArn"],
        job["AlgorithmSpecification"]["TrainingImage"],
        "1 \N{MULTIPLICATION SIGN} ml.m5.large",
        "python 3.11",  # what the image became
        *(transition["Status"] for transition in job["SecondaryStatusTransitions"]),
        "steps",
        "300",
    ]
    assert [each for each in shown if each not in text] == []


def test_metrics_are_drawn(studio: Studio, trained: str) -> None:
    studio.open(f"/training-jobs/{trained}?tab=metrics")
    studio.wait_for("300 points by step")
    studio.page.wait("document.querySelectorAll('.uplot canvas').length === 2")
    colours = """(() => {
      const canvas = document.querySelector('.uplot canvas');
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      return new Set(new Uint32Array(pixels.buffer)).size;
    })()"""
    studio.page.wait(f"{colours} > 10")
    before = studio.page.evaluate("document.querySelector('.uplot canvas').toDataURL()")

    studio.page.evaluate(
        "[...document.querySelectorAll('label')].find((e) => e.innerText.trim() === 'Logarithmic y').click()"
    )
    studio.page.wait(f"document.querySelector('.uplot canvas')?.toDataURL() !== '{before}' && {colours} > 10")

    assert studio.address.endswith("?tab=metrics&log=true")


def test_the_log_has_its_colours_and_is_searched(studio: Studio, trained: str) -> None:
    studio.open(f"/training-jobs/{trained}?tab=log")
    studio.wait_for("302 lines")
    studio.wait_for("saved 100%")
    assert "10%" not in studio.page.evaluate(TEXT), "a progress bar shows its last state"

    studio.type("Search in the log", "fitting")
    studio.wait_for("1 of 1")
    studio.click("Next")
    studio.page.wait("document.querySelector('.line.here .fg-green')?.innerText === 'Fitting'")

    assert studio.address.endswith("find=fitting")
    assert studio.page.evaluate("document.querySelectorAll('.log .line').length") < 120, "only what is seen"


def test_the_first_error_is_a_click_away(studio: Studio, failed: str) -> None:
    studio.open(f"/training-jobs/{failed}?tab=log")
    studio.wait_for("the label column is missing")
    studio.click("First error")

    studio.wait_for("Traceback (most recent call last)")


def test_a_job_as_code_is_code(studio: Studio, trained: str) -> None:
    studio.open(f"/training-jobs/{trained}")
    studio.click("Copy as code")
    for form in ("SDK v2", "SDK v3", "boto3"):
        studio.click(form)
        studio.page.wait(f"document.querySelector('.code').getAttribute('aria-label') === 'Code for {form}'")
        code = studio.page.evaluate("document.querySelector('.code').innerText")
        calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
        assert calls, form
        assert "fitting.py" in code


def test_a_job_is_followed_and_stopped_without_reloading(studio: Studio, jobs: Jobs) -> None:
    studio.open("/training-jobs")
    studio.wait_for("Training jobs")
    loaded = studio.page.evaluate("performance.timeOrigin")

    name = jobs.create(SCRIPT, hyperparameters={"steps": 5000, "pause": 0.05}, metrics=METRICS)
    studio.wait_for(name)
    studio.click(name)
    studio.click("Log")
    studio.page.wait("document.querySelector('.log')?.innerText.includes('loss=')")
    studio.click("Metrics")
    studio.page.wait("document.querySelectorAll('.uplot canvas').length === 2")
    studio.click("Stop")
    studio.click("Stop the job")

    studio.page.wait("document.querySelector('.badge').innerText === 'Stopped'")
    assert jobs.describe(name)["TrainingJobStatus"] == "Stopped"
    assert studio.page.evaluate("performance.timeOrigin") == loaded


def test_a_log_that_is_followed_is_whole_at_the_end(studio: Studio, jobs: Jobs) -> None:
    name = jobs.create(SCRIPT, hyperparameters={"steps": 40, "pause": 0.05})
    studio.open(f"/training-jobs/{name}?tab=log")

    studio.wait_for("Completed")
    studio.wait_for("saved 100%")

    studio.wait_for(f"{len(jobs.log(name))} lines")


def test_the_palette_leads_to_a_job_by_keys_alone(studio: Studio, trained: str) -> None:
    studio.open("/")
    studio.wait_for("Home")
    studio.page.press("k", control=True)
    studio.page.wait("document.activeElement.matches('.palette input')")

    studio.page._ask("Input.insertText", {"text": trained[-8:]})
    studio.page.wait(
        f"document.querySelector('[cmdk-item][aria-selected=true]')?.innerText.includes('{trained}')"
    )
    studio.page.press("Enter")

    studio.page.wait(f"location.pathname.endsWith('{trained}')")
    studio.wait_for("Status over time")


def test_an_open_page_lives_through_a_restart(studio: Studio, server: Server, jobs: Jobs) -> None:
    studio.open("/training-jobs")
    studio.wait_for("Training jobs")
    server.command("down", "--home", str(server.home))
    studio.page.wait("document.querySelector('.offline')")

    server.start()
    studio.page.wait("!document.querySelector('.offline')")
    name = jobs.create(SCRIPT, hyperparameters={"steps": 1})

    studio.wait_for(name)
    # What a browser writes of a server that is away is no trouble of the page.
    away = [said for said in studio.page.troubles() if "ERR_CONNECTION_REFUSED" not in said]
    assert [said for said in away if "ERR_INCOMPLETE_CHUNKED_ENCODING" not in said] == []
    studio.page.forget_troubles()


def test_a_user_without_rights_is_told_plainly(page: Page, server: Server, trained: str) -> None:
    iam = server.session(root=True)("iam")
    iam.create_user(UserName="guest")
    iam.create_login_profile(UserName="guest", Password=PASSWORD)
    studio = Studio(page, server.url)
    studio.open("/login")
    page.evaluate("localStorage.clear()")
    studio.open("/training-jobs")
    page.wait("document.querySelector('input[name=password]')")
    page.evaluate(
        f"""(() => {{
          document.querySelector('input[name=name]').value = 'guest';
          document.querySelector('input[name=password]').value = '{PASSWORD}';
          document.querySelector('form button').click();
        }})()"""
    )

    studio.wait_for("You may not see the training jobs")

    studio.wait_for("user/guest is not authorized to perform: sagemaker:Search")
    assert urlsplit(studio.address).path == "/training-jobs", "where the guest wanted to go"
    studio.click("Sign out")
    page.wait("document.querySelector('input[name=password]')")


def test_a_wrong_password_is_told(page: Page, server: Server) -> None:
    studio = Studio(page, server.url)
    studio.open("/login")
    page.wait("document.querySelector('form')")
    page.evaluate(
        """(() => {
          document.querySelector('input[name=name]').value = 'nobody';
          document.querySelector('input[name=password]').value = 'x';
          document.querySelector('form button').click();
        })()"""
    )

    studio.wait_for("Your authentication information is incorrect")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make studio` does it")
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_pages_are_accessible(studio: Studio, trained: str, failed: str, width: int, dark: bool) -> None:
    studio.page.scheme(dark=dark)
    studio.page.resize(width, 900)
    for path, text in (
        ("/", "Failed lately"),
        ("/training-jobs", trained),
        (f"/training-jobs/{trained}", "Status over time"),
        (f"/training-jobs/{trained}?tab=metrics", "300 points by step"),
        (f"/training-jobs/{trained}?tab=log&find=loss", "1 of 300"),
        (f"/training-jobs/{failed}", "Why it failed"),
        ("/processing-jobs", "There is no processing job yet"),
    ):
        studio.open(path)
        studio.wait_for(text)

        assert studio.complaints() == [], path
        wide = studio.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{path} is wider than the window"
