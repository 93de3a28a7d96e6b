"""Experiments and lists of trial components: many of them, one that trains, and what people do with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.journeys.jobs import Jobs
from tests.server.conftest import Served, serving
from tests.server.studio.browser import PASSWORD, add_user, new_link
from tests.studio.chromium import Chromium
from tests.studio.site.components import insert_component, insert_experiment, loss_of
from tests.studio.site.conftest import SCRIPT
from tests.studio.site.site import AXE, METRICS, Studio

from clary.store.links import LinkKind

COMPONENTS, WITH_LOSS, IN_TRIALS, TRIALS = 10_000, 400, 300, 12
WIDE, METRICS_OF_ONE = 120, 100
HOSTILE = "<img src=x onerror=window.ran=1>"
EXPERIMENT = "digits"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Served]:
    """10,000 components with 12,000 different metrics. The newest have a loss, and are in trials."""
    folder = tmp_path_factory.mktemp("components")
    with serving(folder / "home", folder / "environments") as served:
        platform = served.platform
        with platform.records.transaction():
            insert_experiment(platform.records, platform.links, EXPERIMENT, TRIALS)
            for number in range(COMPONENTS):
                hostile = {"DisplayName": HOSTILE} if number == COMPONENTS - 1 else {}
                arn = insert_component(platform.records, number, **hostile)
                if number < WIDE:
                    names = [f"layer {number}:{each}/norm, {HOSTILE}" for each in range(METRICS_OF_ONE)]
                    platform.metrics.append(arn, [(name, 1.0, 1, float(number)) for name in names])
                if number >= COMPONENTS - WITH_LOSS:
                    platform.metrics.append(arn, [("loss", 1.0, 1, loss_of(number))])
                if number >= COMPONENTS - IN_TRIALS:
                    trial = f"{EXPERIMENT}-trial-{number % TRIALS:03}"
                    platform.links.add(LinkKind.COMPONENT, trial, f"component-{number:05}")
        yield served


@pytest.fixture
def large(chromium: Chromium, many: Served) -> Iterator[Studio]:
    page = chromium.page(width=1440, height=900, dark=False)
    studio = Studio(page, f"http://{many.host}:{many.port}")
    studio.sign_in(f"{studio.url}/studio/login#link={new_link(many)}")
    yield studio
    assert page.evaluate("window.ran") is None, "a name has become a part of the page"
    assert page.troubles() == []
    page.close()


def names(studio: Studio) -> list[str]:
    found: list[str] = studio.page.evaluate(
        "[...document.querySelectorAll('.data-row [data-column=TrialComponentName]')]"
        ".map((each) => each.innerText)"
    )
    return found


def titles(studio: Studio) -> list[str]:
    found: list[str] = studio.page.evaluate(
        "[...document.querySelectorAll('[role=columnheader][data-column]')]"
        ".map((each) => each.dataset.column)"
    )
    return found


def head(column: str) -> str:
    return f"document.querySelector('[role=columnheader][data-column={json.dumps(column)}]')"


def cell(row: int, column: str) -> str:
    return f"document.querySelector('.data-row[data-index=\"{row}\"] [data-column={json.dumps(column)}]')"


def place(studio: Studio, element: str) -> tuple[float, float]:
    """The middle of an element that has stood still for a moment: a mouse would miss one that moves."""
    studio.page.wait(element)
    x, y = studio.page.evaluate(
        f"""(async () => {{
          let before = "", found = [], still = 0;
          while (still < 3) {{
            await new Promise((later) => setTimeout(later, 20));
            const box = {element}?.getBoundingClientRect();
            // A menu that closes goes before the next one comes.
            if (!box) {{ still = 0; continue; }}
            found = [box.x + box.width / 2, box.y + box.height / 2];
            still = String(found) === before ? still + 1 : 0;
            before = String(found);
          }}
          return found;
        }})()"""
    )
    return x, y


def click_on(studio: Studio, element: str, *, button: str = "left", shift: bool = False) -> None:
    studio.page.click(*place(studio, element), button=button, shift=shift)


def choose(studio: Studio, label: str) -> None:
    """An entry of the open menu."""
    click_on(
        studio,
        "[...document.querySelectorAll('[role=menuitem]')]"
        f".find((each) => each.innerText.startsWith({json.dumps(label)}))",
    )
    # A menu that is closing swallows the next click.
    studio.page.wait("!document.querySelector('[role=menu]')")


def filter_by(studio: Studio, text: str) -> None:
    click_on(studio, "document.querySelector('[aria-label=Filter]')")
    studio.page.write(text)
    # What is suggested is not meant.
    studio.page.press("Escape")
    studio.page.press("Enter")


def asked(studio: Studio) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(studio.address).query).items()}


def test_ten_thousand_components_cost_the_page_a_screenful(large: Studio) -> None:
    large.open("/components")
    large.wait_for("10,000 components")
    large.page.wait(cell(0, "Metrics.loss.Last") + "?.innerText === '" + shown(COMPONENTS - 1) + "'")
    assert names(large)[0] == "component-09999"

    # To the end at once, and back: only what is seen is asked for.
    for end, last in (("grid.scrollHeight", "component-00000"), ("0", "component-09999")):
        large.page.evaluate(
            f"(() => {{ const grid = document.querySelector('.data-grid'); grid.scrollTop = {end}; }})()"
        )
        large.page.wait(f"document.querySelector('.data-grid').innerText.includes('{last}')")
        assert len(names(large)) < 50
        assert large.page.evaluate("document.querySelectorAll('.data-grid *').length") < 900


def test_names_and_values_of_jobs_stay_text(large: Studio) -> None:
    large.open("/components?columns=!TrialComponentName,DisplayName")

    large.page.wait(cell(0, "DisplayName") + f"?.innerText === {json.dumps(HOSTILE)}")


def test_any_of_twelve_thousand_metrics_becomes_a_column(large: Studio) -> None:
    large.open("/components?sort=CreationTime")
    large.wait_for("component-00000")
    large.click("Columns")
    large.page.wait("document.querySelector('.column-names')?.innerText.includes('12,00')")
    assert large.page.evaluate("document.querySelectorAll('.column-names label').length") < 40

    large.type("Search columns", "layer 7:42/")
    large.page.wait("document.querySelectorAll('.column-names label').length === 1")
    large.page.evaluate("document.querySelector('.column-names label').click()")
    metric = f"Metrics.layer 7:42/norm, {HOSTILE}.Last"
    large.page.wait(head(metric))

    large.open(large.address)
    large.page.wait(cell(7, metric) + "?.innerText === '7'")
    assert cell_text(large, 8, metric) == ""


def test_a_filter_a_sort_and_a_group_stand_in_the_address(large: Studio) -> None:
    large.open("/components")
    large.wait_for("10,000 components")

    filter_by(large, "metrics.loss < 0.5 and status != Failed")
    filter_by(large, "parameters.optimizer in (adam, sgd)")
    expected = [
        number
        for number in range(COMPONENTS - WITH_LOSS, COMPONENTS)
        if loss_of(number) < 0.5 and number % 50 != 7 and number % 4 in (0, 1)
    ]
    large.wait_for(f"{len(expected)} components")
    click_on(large, head("Metrics.loss.Last") + ".querySelector('.title')")
    best = min(expected, key=loss_of)
    large.page.wait(cell(0, "TrialComponentName") + f"?.innerText === 'component-{best:05}'")
    large.type("Group by", "Parameters.optimizer")
    large.wait_for("in 2 groups")

    large.open(large.address)
    large.wait_for("in 2 groups")
    chips = large.page.evaluate(
        "[...document.querySelectorAll('.chip .words')].map((each) => each.innerText)"
    )
    assert chips == ["metrics.loss < 0.5", "status != Failed", "parameters.optimizer in (adam, sgd)"]
    adam = [number for number in expected if number % 4 == 0]
    large.page.wait(cell(0, "TrialComponentName") + f"?.innerText.endsWith('adam {len(adam)}')")
    click_on(large, cell(0, "TrialComponentName"))
    best = min(adam, key=loss_of)
    large.page.wait(cell(1, "TrialComponentName") + f"?.innerText === 'component-{best:05}'")
    large.open(large.address)
    large.page.wait(cell(1, "TrialComponentName") + f"?.innerText === 'component-{best:05}'")


def test_a_filter_that_is_not_complete_is_told_and_nothing_is_lost(large: Studio) -> None:
    large.open("/components?q=metrics.loss%20%3C")

    large.wait_for("The filter is not complete: a value is missing")
    assert large.page.evaluate("document.querySelector('[aria-label=Filter]').value") == "metrics.loss <"


def test_names_operators_and_values_are_completed(large: Studio) -> None:
    large.open("/components")
    large.wait_for("10,000 components")
    click_on(large, "document.querySelector('[aria-label=Filter]')")

    for text, suggested in (("optim", "optimizer"), ("", "="), ("", "adam")):
        large.page.write(text)
        large.page.wait(
            "document.querySelector('.suggestions [aria-selected=true] .words')?.innerText"
            f" === {json.dumps(suggested)}"
        )
        large.page.press("Enter")

    large.wait_for("2,500 components")
    assert asked(large)["q"] == "Parameters.optimizer = adam"


def test_rows_are_selected_and_compared(large: Studio) -> None:
    large.open("/components?sort=CreationTime")
    large.wait_for("component-00000")

    click_on(large, cell(1, "TrialComponentName") + ".previousElementSibling.firstElementChild")
    click_on(large, cell(4, "Status.PrimaryStatus"), shift=True)
    large.wait_for("4 selected")
    large.page.press(" ")
    large.wait_for("3 selected")
    address = large.address
    large.page.press("a", control=True)
    large.wait_for("10,000 selected")
    large.page.press("Escape")
    large.page.wait("!document.querySelector('.selection-bar')")

    large.open(address)
    large.wait_for("3 selected")
    large.click("Compare")
    large.page.wait("location.pathname.endsWith('/compare')")
    assert json.loads(asked(large)["components"]) == [f"component-{number:05}" for number in (1, 2, 3)]


def test_what_is_shown_is_saved_for_a_spreadsheet(large: Studio) -> None:
    large.open("/components?columns=!TrialComponentName,Parameters.rate,DisplayName&find=component-0999")
    large.wait_for("10 components")
    large.page.evaluate(
        "URL.createObjectURL = (blob) => (blob.text().then((text) => (window.saved = text)), '#'), null"
    )

    large.click("CSV")
    large.page.wait("window.saved")

    saved = large.page.evaluate("window.saved").removeprefix("\ufeff").splitlines()
    rate = (9_998 * 7919 % 1000 + 1) / 1000
    assert saved[0] == "Name,rate,Display name"
    assert saved[2] == f"component-09998,{rate},Run 9998"
    assert len(saved) == 11


def test_columns_are_moved_resized_pinned_and_hidden(large: Studio) -> None:
    large.open("/components?columns=!TrialComponentName,Status.PrimaryStatus,Metrics.loss.Last,CreationTime")
    large.page.wait(head("Metrics.loss.Last"))

    start = place(large, head("Metrics.loss.Last"))
    end = place(large, head("Status.PrimaryStatus"))
    large.page.drag_slowly(start, end)
    large.page.wait(
        f"{head('Metrics.loss.Last')}.nextElementSibling.dataset.column === 'Status.PrimaryStatus'"
    )
    edge = place(large, head("Status.PrimaryStatus") + ".querySelector('.edge')")
    large.page.drag(edge, (edge[0] + 50, edge[1]))
    large.page.wait(f"{head('Status.PrimaryStatus')}.offsetWidth === 180")
    click_on(large, head("Metrics.loss.Last"), button="right")
    choose(large, "Pin to the left")
    large.page.wait(f"{head('Metrics.loss.Last')}.classList.contains('pinned')")
    click_on(large, head("CreationTime"), button="right")
    choose(large, "Hide")
    large.page.wait(f"!{head('CreationTime')}")

    large.open(large.address)
    large.page.wait(f"{head('Status.PrimaryStatus')}?.offsetWidth === 180")
    assert titles(large)[:3] == ["TrialComponentName", "Metrics.loss.Last", "Status.PrimaryStatus"]


def test_the_grid_is_used_by_keys_alone(large: Studio) -> None:
    large.open("/components")
    large.wait_for("component-09999")
    large.page.evaluate("document.querySelector('.data-grid').focus()")

    large.page.press("End", control=True)
    large.page.wait(cell(COMPONENTS - 1, "TrialComponentName") + "?.innerText === 'component-00000'")
    large.page.press("Home", control=True)
    large.page.wait(cell(0, "TrialComponentName") + "?.innerText === 'component-09999'")
    large.page.press("ArrowUp")
    large.page.press("Enter")
    large.page.wait("location.search.includes('sort=TrialComponentName')")
    large.page.wait(cell(0, "TrialComponentName") + "?.innerText === 'component-00000'")
    large.page.press("ArrowDown")
    large.page.press("F10", shift=True)
    first = "document.querySelector('[role=menuitem][data-highlighted]')?.innerText"
    large.page.wait(f"{first}?.startsWith('Open in trial details')")
    large.page.press("Enter")

    large.page.wait("location.pathname.endsWith('/components/component-00000')")


def test_an_experiment_opens_as_a_tree_beside_its_components(large: Studio) -> None:
    large.open("/experiments")
    large.wait_for("1 experiment")
    assert cell_text(large, 0, "TrialCount") == str(TRIALS)
    large.page.wait(cell(0, "TrialComponentCount") + f"?.innerText === '{IN_TRIALS}'")
    large.click(EXPERIMENT)
    large.wait_for(f"{IN_TRIALS} components")
    trial = f"{EXPERIMENT}-trial-{(COMPONENTS - 1) % TRIALS:03}"
    item = f"[...document.querySelectorAll('[role=treeitem]')].find((each) => each.title === '{trial}')"

    click_on(large, item, button="right")
    choose(large, "Open in trial component list")
    large.wait_for(f"{IN_TRIALS // TRIALS} components")
    assert asked(large)["trial"] == trial
    click_on(large, item + ".querySelector('.twist')")
    large.page.wait("document.querySelectorAll('[role=treeitem].component').length > 10")
    click_on(large, cell(0, "TrialComponentName"), button="right")
    choose(large, "Open in trial details")

    large.page.wait("location.pathname.endsWith('/components/component-09999')")


def test_components_of_no_trial_have_a_list(large: Studio) -> None:
    large.open("/components")
    large.click("Unassigned")

    large.wait_for(f"{COMPONENTS - IN_TRIALS:,} components")
    assert names(large)[0] == f"component-{COMPONENTS - IN_TRIALS - 1:05}"


def test_changes_show_and_a_component_is_tagged_moved_and_deleted(large: Studio, many: Served) -> None:
    large.open("/components")
    large.wait_for("10,000 components")
    insert_component(many.platform.records, COMPONENTS)
    large.wait_for("10,001 components")
    large.page.wait(cell(0, "TrialComponentName") + "?.innerText === 'component-10000'")

    click_on(large, cell(0, "TrialComponentName") + ".previousElementSibling.firstElementChild")
    large.click("Tag …")
    large.page.wait("document.querySelector('dialog')")
    large.type("Key", "team")
    large.type("Value", "vision")
    large.click("Add the tag")
    large.page.wait("!document.querySelector('dialog')")
    large.click("Add to a trial …")
    large.page.wait("document.querySelector('dialog')")
    large.type("Trial", f"{EXPERIMENT}-trial-001")
    large.click("Add")
    large.page.wait("!document.querySelector('dialog')")
    filter_by(large, f"tags.team = vision and trial = {EXPERIMENT}-trial-001")
    # Not the end of "10,001 components".
    large.page.wait(r"/(^|[^\d,])1 component\b/.test(document.querySelector('main').innerText)")
    large.click("Delete …")
    large.wait_for_anywhere("This can't be undone")
    large.click("Delete")

    large.wait_for("No trial component is like that")
    large.click("Show all")
    large.wait_for("10,000 components")


def test_an_experiment_is_made_described_and_deleted_after_a_question(large: Studio) -> None:
    large.open("/experiments")
    large.wait_for("1 experiment")
    large.click("New experiment")
    large.type("Name", "short-lived")
    large.click("Create")
    large.page.wait("location.pathname.endsWith('/experiments/short-lived')")
    large.wait_for("There is no trial component here yet")
    large.click("New trial")
    large.type("Name", "only-try")
    large.click("Create")
    large.page.wait("document.querySelectorAll('[role=treeitem]').length === 2")
    large.click("Rename and describe")
    large.type("Display name", "short-lived-indeed")
    large.click("Save")
    large.page.wait("document.querySelector('h1').innerText === 'short-lived-indeed'")
    large.page.wait("!document.querySelector('dialog')")

    large.click("Delete")
    large.wait_for_anywhere("With it goes 1 trial.")
    large.click("Delete the experiment")

    large.page.wait("location.pathname.endsWith('/experiments')")
    large.wait_for("1 experiment")


def test_the_palette_finds_experiments_trials_and_components(large: Studio) -> None:
    large.open("/")
    large.page.wait("document.querySelector('.side nav')")
    for text, path in (
        ("DIGITS-trial-003", f"/experiments/{EXPERIMENT}?trial={EXPERIMENT}-trial-003"),
        ("run 1234", "/components/component-01234"),
    ):
        large.page.wait("!document.querySelector('dialog')")
        large.page.press("k", control=True)
        large.page.wait("document.activeElement.matches('.palette input')")
        large.page.write(text)
        large.page.wait(
            "document.querySelector('[cmdk-item][aria-selected=true]')?.innerText.match(/trial-003|01234/)"
        )
        large.page.press("Enter")
        large.page.wait(f"(location.pathname + location.search).endsWith('{path}')")


def test_who_may_not_search_is_told_plainly(chromium: Chromium, many: Served) -> None:
    add_user(many, "guest")
    page = chromium.page(width=1440, height=900)
    studio = Studio(page, f"http://{many.host}:{many.port}")
    studio.open("/login?next=/components")
    page.evaluate("localStorage.clear()")
    page.wait("document.querySelector('input[name=password]')")
    page.evaluate(
        f"""(() => {{
          document.querySelector('input[name=name]').value = 'guest';
          document.querySelector('input[name=password]').value = '{PASSWORD}';
          document.querySelector('form button').click();
        }})()"""
    )

    studio.wait_for("You may not see the trial components")
    studio.wait_for("user/guest is not authorized to perform: sagemaker:Search")
    studio.open("/experiments")
    studio.wait_for("You may not see the experiments")
    page.close()


def test_a_job_of_an_experiment_shows_while_it_trains(studio: Studio, jobs: Jobs) -> None:
    sagemaker = jobs.clients("sagemaker")
    sagemaker.create_experiment(ExperimentName="slopes")
    sagemaker.create_trial(ExperimentName="slopes", TrialName="steep")
    studio.open(
        "/experiments/slopes?columns=!TrialComponentName,Status.PrimaryStatus,Metrics.loss.Last,Parameters.rate"
    )
    studio.wait_for("There is no trial component here yet")

    tracked = {"ExperimentName": "slopes", "TrialName": "steep", "TrialComponentDisplayName": "Fitting"}
    name = jobs.create(
        SCRIPT,
        hyperparameters={"steps": 40, "pause": 0.05, "rate": 0.2},
        metrics=METRICS,
        ExperimentConfig=tracked,
    )

    studio.wait_for("1 component")
    studio.page.wait(cell(0, "Metrics.loss.Last") + "?.innerText !== ''")
    studio.page.wait(cell(0, "Status.PrimaryStatus") + "?.innerText === 'Completed'")
    assert cell_text(studio, 0, "TrialComponentName").startswith(name)
    assert cell_text(studio, 0, "Parameters.rate") == "0.2"


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make studio` does it")
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_are_accessible(large: Studio, dark: bool) -> None:
    large.page.scheme(dark=dark)
    large.page.resize(1024, 900)
    for path, text in (
        ("/experiments", EXPERIMENT),
        (f"/experiments/{EXPERIMENT}?pick=component-09999", "1 selected"),
        ("/components?q=metrics.loss%20exists&group=Parameters.optimizer", "4 groups"),
    ):
        large.open(path)
        large.wait_for(text)
        large.page.wait("document.querySelector('.data-row [role=gridcell]')")
        assert large.complaints() == [], path
        wide = large.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{path} is wider than the window"
    large.click("Columns")
    large.page.wait("document.querySelector('.column-names label')")
    assert large.complaints() == []
    large.page.press("Escape")
    click_on(large, cell(0, "TrialComponentName"), button="right")
    large.page.wait("document.querySelector('[role=menu]')")
    assert large.complaints() == []


def cell_text(studio: Studio, row: int, column: str) -> str:
    studio.page.wait(cell(row, column))
    return str(studio.page.evaluate(cell(row, column) + ".innerText"))


def shown(number: int) -> str:
    """A number as the page rounds it: four digits that matter."""
    return f"{loss_of(number):.4g}"
