"""Charts, boards and the comparison of runs in a real browser, over jobs that really trained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server
from tests.studio.chromium import Page
from tests.studio.site.conftest import SCRIPT
from tests.studio.site.site import AXE, METRICS, TEXT, Studio

EXPERIMENT = "fitting-rates"
RATES = (0.05, 0.1, 0.2, 0.4)
STEPS = 120
SAID = "document.querySelector('[id^=DndLiveRegion]').innerText.trim()"


@pytest.fixture(scope="module")
def sweep(jobs: Jobs, server: Server) -> list[str]:
    """The components of four jobs that trained with different rates."""
    sagemaker = server.session(root=True)("sagemaker")
    sagemaker.create_experiment(ExperimentName=EXPERIMENT)
    sagemaker.create_trial(TrialName="rates", ExperimentName=EXPERIMENT)
    config = {"ExperimentName": EXPERIMENT, "TrialName": "rates"}
    names = [
        jobs.create(
            SCRIPT, hyperparameters={"steps": STEPS, "rate": rate}, metrics=METRICS, ExperimentConfig=config
        )
        for rate in RATES
    ]
    for name in names:
        jobs.wait(name)
    return [f"{name}-aws-training-job" for name in names]


@pytest.fixture
def board(studio: Studio, sweep: list[str]) -> Iterator[Studio]:
    """The board of the experiment, which nobody has changed."""
    studio.open(f"/experiments/{EXPERIMENT}/charts")
    studio.wait_for("4 runs")
    studio.page.wait("document.querySelectorAll('.uplot canvas').length === 2")
    yield studio
    version = ask(studio, "GetChartBoard")["Version"]
    ask(studio, "DeleteChartBoard", Version=version)


def ask(studio: Studio, operation: str, **members: Any) -> dict[str, Any]:
    """What another tab of the same person would ask for."""
    request = {"ExperimentName": EXPERIMENT, **members}
    answer: dict[str, Any] = studio.page.evaluate(
        f"""fetch('/studio/api/studio/{operation}', {{
          method: 'POST',
          headers: {{
            'content-type': 'application/json',
            'x-clary-page-key': localStorage.getItem('clary-studio-page-key'),
          }},
          body: JSON.stringify({json.dumps(request)}),
        }}).then((answer) => answer.json())"""
    )
    return answer


def press(studio: Studio, label: str, *, within: str = "") -> None:
    """Clicks the button of a chart with this name, as it stands for screen readers."""
    found = (
        f"[...document.querySelectorAll('{within} button, [role=menuitem]')]"
        f".find((each) => each.textContent.trim() === {json.dumps(label)})"
    )
    studio.page.wait(found)
    # Menus open on the pointer, not on the click.
    studio.page.evaluate(f"{found}.focus(), {found}.click()")


def open_menu(studio: Studio, title: str) -> None:
    found = (
        f"[...document.querySelectorAll('button')].find((each) => each.textContent === 'More for {title}')"
    )
    studio.page.wait(found)
    studio.page.evaluate(f"{found}.focus()")
    studio.page.press("Enter")
    studio.page.wait("document.querySelector('[role=menu]')")


def wait_for_titles(studio: Studio, wanted: list[str]) -> None:
    """Until the first charts have these titles; those far below are not drawn yet."""
    shown = "[...document.querySelectorAll('.board-cell h2')].map((each) => each.innerText)"
    count = len(wanted)
    studio.page.wait(f"JSON.stringify({shown}.slice(0, {count})) === JSON.stringify({json.dumps(wanted)})")


def titles(studio: Studio) -> list[str]:
    found: list[str] = studio.page.evaluate(
        "[...document.querySelectorAll('.board-cell')].map((each) => each.querySelector('h2')?.innerText)"
    )
    return found


def place(studio: Studio, selector: str) -> tuple[float, float, float, float]:
    left, top, width, height = studio.page.evaluate(
        f"""(() => {{
          const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();
          return [box.left, box.top, box.width, box.height];
        }})()"""
    )
    return left, top, width, height


def test_runs_stand_side_by_side_with_differences_and_the_best(studio: Studio, sweep: list[str]) -> None:
    jobs = [name.removesuffix("-aws-training-job") for name in sweep[:2]]
    query = f"components={json.dumps(sweep[2:])}&jobs={json.dumps(jobs)}&baseline={sweep[2]}"
    studio.open(f"/compare?{query}".replace('"', "%22"))
    studio.wait_for("Compare 4 runs")
    studio.wait_for("rate")

    cells = studio.page.evaluate(
        """Object.fromEntries([...document.querySelectorAll('.data-row')]
          .map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.innerText))
          .map(([name, ...rest]) => [name, rest]))"""
    )
    told = ["0.2", "+0.2 (+100 %)\n0.4", "-0.15 (-75 %)\n0.05", "-0.1 (-50 %)\n0.1"]
    assert [text.replace("\N{MINUS SIGN}", "-") for text in cells["rate"]] == told
    assert cells["steps"] == [str(STEPS)] * 4
    assert ["best" in text for text in cells["loss"]] == [False, True, False, False]

    studio.page.evaluate(
        "[...document.querySelectorAll('label')].find((e) => e.innerText === 'Only differences').click()"
    )
    studio.page.wait(f"!({TEXT}).includes('steps')")
    address = studio.address
    studio.open(address)
    studio.wait_for("rate")

    assert "steps" not in studio.page.evaluate(TEXT)
    assert "differences=true" in address


def test_a_line_chart_reads_all_runs_zooms_and_has_a_table(board: Studio) -> None:
    page = board.page
    left, top, width, height = place(board, ".u-over")
    page.move(left + width * 0.5, top + height * 0.5)
    page.wait("document.querySelectorAll('.chart-tip li').length === 4")

    asked = len([url for url in page.requests() if url.endswith("/ReadSeries")])
    page.drag((left + width * 0.5, top + 40), (left + width * 0.75, top + 40))
    page.wait("document.querySelector('[title=\"Show the whole axis\"]')")
    read = "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/ReadSeries'))"
    page.wait(f"{read}.length > {asked}")
    press(board, "Values as a table", within=".line-chart")
    page.wait("document.querySelector('.chart-values tbody th')")
    steps = page.evaluate(
        "[...document.querySelectorAll('.chart-values tbody th')].map((each) => Number(each.innerText))"
    )
    assert STEPS * 0.4 < steps[0] < steps[-1] < STEPS * 0.85

    press(board, "Show the whole axis", within=".line-chart")
    page.wait("document.querySelector('.chart-values tbody th').innerText === '0'")
    press(board, "Values as a table", within=".line-chart")
    page.wait("document.querySelector('.plot-box')")
    page.evaluate("document.querySelector('.plot-box').focus()")
    page.press("ArrowRight")
    page.wait("document.querySelectorAll('.chart-tip li').length === 4")
    page.press("+")
    page.wait("document.querySelector('[title=\"Show the whole axis\"]')")
    page.press("0")
    page.wait("!document.querySelector('[title=\"Show the whole axis\"]')")


def test_a_board_is_changed_kept_and_undone(board: Studio) -> None:
    page = board.page
    usual = titles(board)
    assert usual[:2] == ["loss", "slope"]

    press(board, "Change loss")
    page.wait("document.querySelector('dialog form')")
    page.evaluate(
        """(() => {
          const field = document.querySelector('dialog input');
          const value = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
          value.set.call(field, 'How it learns');
          field.dispatchEvent(new Event('input', {bubbles: true}));
        })()"""
    )
    board.click("Keep")
    page.wait(f"({TEXT}).includes('How it learns')")
    board.type("Add a chart", "Histogram")
    board.click("Add")
    page.wait(f"document.querySelectorAll('.board-cell').length === {len(usual) + 1}")
    open_menu(board, "slope")
    press(board, "Remove")
    board.wait_for("slope was removed.")
    board.click("Undo")
    page.wait(f"document.querySelectorAll('.board-cell').length === {len(usual) + 1}")
    open_menu(board, "How it learns")
    press(board, "Wider")
    page.wait("document.querySelector('.board-cell.wide-2 h2').innerText === 'How it learns'")

    drag = "[...document.querySelectorAll('button.drag')].find((each) => each.textContent === 'Move slope')"
    page.wait(drag)
    page.evaluate(f"{drag}.focus()")
    page.press(" ")
    page.wait("document.querySelector('.board-cell.dragged')")
    # The library listens to further keys a moment after the first one.
    for _ in range(30):
        page.press("ArrowLeft")
        if page.evaluate(f"new Promise((done) => setTimeout(() => done({SAID}), 100))").endswith(
            "place 1 of 6."
        ):
            break
    page.press(" ")
    page.wait(f"{SAID} === 'slope stays at place 1 of 6.'")
    wait_for_titles(board, ["slope", "How it learns"])
    page.wait(f"!({TEXT}).includes('keeping the charts')")

    board.open(f"/experiments/{EXPERIMENT}/charts")
    wait_for_titles(board, ["slope", "How it learns"])
    kept = ask(board, "GetChartBoard")["Charts"]

    assert [chart["Title"] or chart["Kind"] for chart in kept] == [
        *("Line", "How it learns", "Scatter", "Parallel", "Importance", "Histogram")
    ]
    assert kept[1]["Width"] == 2


def test_what_another_tab_changes_on_a_board_shows_and_is_not_overwritten_unseen(board: Studio) -> None:
    first = {"Id": "t", "Kind": "Bar", "Title": "Theirs at first", "Width": 1, "Value": "Metrics.loss.Last"}
    other = {**first, "Id": "o", "Kind": "Histogram", "Title": "Mine to remove"}
    version = ask(board, "GetChartBoard")["Version"]
    version = ask(board, "PutChartBoard", Charts=[first, other], Version=version)["Version"]
    wait_for_titles(board, ["Theirs at first", "Mine to remove"])

    # Another change of theirs is kept while a change of this page is on its way.
    theirs = {**first, "Title": "Theirs"}
    request = {"ExperimentName": EXPERIMENT, "Charts": [theirs, other], "Version": version}
    board.page.evaluate(
        f"""(() => {{
          const send = window.fetch;
          window.fetch = async (path, options) => {{
            if (String(path).endsWith('/PutChartBoard')) {{
              window.fetch = send;
              await send(path, {{...options, body: {json.dumps(json.dumps(request))}}});
            }}
            return send(path, options);
          }};
        }})()"""
    )
    open_menu(board, "Mine to remove")
    press(board, "Remove")
    board.wait_for("Somebody has changed these charts meanwhile")
    board.page.forget_troubles()  # the browser's own line about the answer 400
    board.click("Show theirs")
    wait_for_titles(board, ["Theirs", "Mine to remove"])

    assert ask(board, "GetChartBoard")["Charts"] == [theirs, other]


def test_a_brush_on_parallel_axes_chooses_the_runs_of_all_charts(board: Studio) -> None:
    page = board.page
    page.evaluate("document.querySelector('.echart canvas') ?? window.scrollTo(0, 400)")
    parallel = "section[aria-label='Parallel coordinates'] .echart canvas"
    page.wait(f"document.querySelector({json.dumps(parallel)})")
    page.evaluate(f"document.querySelector({json.dumps(parallel)}).scrollIntoView({{block: 'center'}})")
    left, top, _, height = place(board, parallel)
    # The first axis is of the rate: its upper half has the greatest ones.
    page.drag((left + 44, top + 50), (left + 44, top + height * 0.45))
    board.wait_for("of 4 runs")
    page.wait("document.querySelectorAll('.line-chart .chart-legend li').length < 8")

    board.click("All runs")
    page.wait(f"/(^|[^f]) 4 runs/.test({TEXT}) || ({TEXT}).includes('4 runs')")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make studio` does it")
@pytest.mark.parametrize("dark", [False, True])
def test_charts_and_comparison_are_accessible(board: Studio, sweep: list[str], dark: bool) -> None:
    page = board.page
    page.scheme(dark=dark)
    page.wait("document.querySelectorAll('.echart canvas').length >= 1")
    assert board.complaints() == []
    open_menu(board, "loss")
    assert board.complaints() == []
    page.press("Escape")
    press(board, "Change loss")
    page.wait("document.querySelector('dialog form')")
    assert board.complaints() == []
    for width in (1440, 390):
        page.resize(width, 900)
        board.open(f"/compare?components={','.join(sweep)}")
        board.wait_for("rate")
        assert board.complaints() == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    board.open("/compare")
    board.wait_for("No run is chosen")
    assert board.complaints() == []


def test_a_guest_is_told_what_is_missing(page: Page, server: Server, sweep: list[str]) -> None:
    iam = server.session(root=True)("iam")
    iam.create_user(UserName="looker")
    iam.create_login_profile(UserName="looker", Password="Correct-horse-1")
    studio = Studio(page, server.url)
    studio.open("/login")
    page.evaluate("localStorage.clear()")
    studio.open(f"/experiments/{EXPERIMENT}/charts")
    page.wait("document.querySelector('input[name=password]')")
    page.evaluate(
        """(() => {
          document.querySelector('input[name=name]').value = 'looker';
          document.querySelector('input[name=password]').value = 'Correct-horse-1';
          document.querySelector('form button').click();
        })()"""
    )

    studio.wait_for("user/looker is not authorized to perform: sagemaker:Search")
