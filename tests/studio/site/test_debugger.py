"""What a job has captured, in a browser: while it trains, and afterwards the numbers that numpy reads."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from tests.journeys.jobs import Jobs
from tests.studio.site.conftest import EVERY, GO, STEPS
from tests.studio.site.site import AXE, Studio

from clary.debugger.trial import Trial, open_trial

XGBOOST, ROUNDS = "sagemaker-xgboost:1.7-1", 12
HOST = "document.querySelector('.network-plot')"
ROOT = f"{HOST}.shadowRoot"
READY = f"{HOST}?.dataset.state === 'ready'"


@pytest.fixture(scope="session")
def boosting(jobs: Jobs) -> str:
    """Trees, trained while the other tests look at the network."""
    return jobs.create(
        "debugged_xgboost.py",
        image=XGBOOST,
        hyperparameters={"rounds": ROUNDS},
        DebugHookConfig={
            "S3OutputPath": f"s3://{jobs.bucket}/tensors",
            "CollectionConfigurations": [
                {"CollectionName": "metrics", "CollectionParameters": {"save_interval": "1"}}
            ],
        },
    )


@pytest.fixture(scope="session")
def trial(jobs: Jobs, captured: str) -> Trial:
    return open_trial(
        f"s3://{jobs.bucket}/tensors/{captured}/debug-output", s3=jobs.clients("s3"), refresh_every_s=None
    )


def at(name: str, **address: Any) -> str:
    query = "&".join(f"{member}={value}" for member, value in address.items())
    return f"/debugger/training-job/{name}?{query}"


def forget_refusals(studio: Studio) -> None:
    """What a browser writes of an answer that refuses is no trouble of the page."""
    assert [said for said in studio.page.troubles() if "400" not in said and "404" not in said] == []
    studio.page.forget_troubles()


def colours(canvas: int) -> str:
    """How many colours a canvas has, once it is there."""
    return f"""(() => {{
      const canvas = document.querySelectorAll('.chart-card canvas')[{canvas}];
      if (!canvas) return 0;
      // From a copy: a canvas that is read several times makes the browser complain.
      const copy = new OffscreenCanvas(canvas.width, canvas.height)
        .getContext('2d', {{willReadFrequently: true}});
      copy.drawImage(canvas, 0, 0);
      const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
      return new Set(new Uint32Array(pixels.buffer)).size;
    }})()"""


def test_the_network_grows_while_the_job_trains(
    studio: Studio, jobs: Jobs, running: str, boosting: str
) -> None:
    studio.open(at(running, tab="network"))
    studio.page.wait(READY, 300)
    loaded = studio.page.evaluate("performance.timeOrigin")
    steps = f"Number({ROOT}.querySelector('.steps').max)"
    assert studio.page.evaluate(steps) < STEPS // EVERY - 1, "it still trains"

    jobs.upload(GO, b"")

    studio.page.wait(f"{steps} === {STEPS // EVERY - 1}", 120)

    studio.page.wait(f"{READY} && {HOST}.dataset.step === '{STEPS - EVERY}'")
    assert studio.page.evaluate("performance.timeOrigin") == loaded


def test_the_overview_leads_from_a_finding_to_its_tensor(studio: Studio, captured: str, trial: Trial) -> None:
    studio.open("/debugger")
    studio.click(captured)
    studio.wait_for("Vanishing")
    studio.wait_for("Issues found")
    studio.page.wait(f"{colours(0).replace('.chart-card canvas', '.echart canvas')} > 3")
    text = studio.page.evaluate("document.querySelector('main').innerText")
    assert f"{len(trial.tensor_names())}" in text
    assert "worker_0" not in text, "one worker is no choice"

    studio.page.evaluate("document.querySelector('.firings a').click()")

    studio.page.wait("location.search.includes('tensor=gradient')")
    studio.wait_for("◆ a rule has found something")


def test_statistics_are_those_of_the_files(studio: Studio, captured: str, trial: Trial) -> None:
    studio.open(at(captured, tab="tensors"))
    studio.wait_for("Choose a tensor")
    studio.type("Search tensors", "FC2 weight")
    studio.page.wait("document.querySelectorAll('.names li').length === 2")
    studio.page.evaluate("document.querySelector('[title=LeNet_fc2\\\\.weight]').click()")

    studio.wait_for("10 \N{MULTIPLICATION SIGN} 32")
    studio.page.wait(f"{colours(0)} > 5 && {colours(1)} > 20")
    row = studio.page.evaluate(
        "[...document.querySelectorAll('.statistics tbody tr')[0].children].map((each) => each.innerText)"
    )
    value = trial.tensor("LeNet_fc2.weight").value(STEPS - EVERY).astype(np.float64)
    assert row[:2] == [str(STEPS - EVERY), "TRAIN"]
    assert float(row[2]) == pytest.approx(value.mean(), rel=1e-3)
    assert float(row[3]) == pytest.approx(value.std(), rel=1e-3)
    assert float(row[4]) == pytest.approx(value.min(), rel=1e-3)


def test_the_address_restores_step_shape_and_comparison(studio: Studio, captured: str) -> None:
    studio.open(at(captured, tab="tensors", tensor="LeNet_fc2.weight"))
    studio.page.wait("document.querySelector('.step-slider input')")
    studio.page.evaluate(
        """(() => {
          const slider = document.querySelector('.step-slider input');
          Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(slider, '2');
          slider.dispatchEvent(new Event('input', {bubbles: true}));
        })()"""
    )
    studio.page.wait(f"location.search.includes('step={2 * EVERY}')")
    studio.click("Heat")
    studio.page.wait("location.search.includes('shape=heat')")
    studio.page.evaluate("document.querySelector('[title=\"LeNet_fc1.weight\"] ~ .compare').click()")
    studio.wait_for("Distribution of LeNet_fc1.weight")
    address = studio.address

    studio.open(address)

    studio.wait_for("Distribution of LeNet_fc1.weight")
    studio.wait_for(f"step {2 * EVERY}")
    buttons = "[...document.querySelectorAll('.switch [aria-pressed=true]')]"
    assert "Heat" in studio.page.evaluate(f"{buttons}.map((button) => button.innerText)")


def test_the_network_shows_a_sample_the_mean_and_a_part(studio: Studio, captured: str, trial: Trial) -> None:
    scores = trial.tensor("fc2_output_0")
    for sample in (0, 1):
        studio.open(at(captured, tab="network", step=4 * EVERY, sample=sample))
        studio.page.wait(READY)
        # The sample is that of the last step, and is looked for in the batch of this one.
        right = {str(int(np.argmax(row))) for row in scores.value(4 * EVERY)}
        assert studio.page.evaluate(f"{HOST}.dataset.predicted") in right
    assert studio.page.evaluate(f"{HOST}.dataset.step") == str(4 * EVERY)

    for _ in range(2):
        studio.page.evaluate(f"{ROOT}.querySelector('[title=\"Previous sample\"]').click()")
    studio.page.wait(f"{READY} && {HOST}.dataset.sample === '-1'")
    studio.page.wait("location.search.includes('sample=-1')")
    assert studio.page.evaluate(f"{ROOT}.querySelector('.sample').textContent") == "mean of the batch"

    studio.type("Layers by name", "CONV")
    studio.wait_for("2 layers, 6 feature maps")
    studio.page.wait(READY)


def test_the_profile_says_where_the_time_goes(studio: Studio, captured: str) -> None:
    studio.open(at(captured, tab="profile"))
    studio.wait_for("between steps and at the end")
    studio.page.wait("document.querySelectorAll('.uplot canvas').length >= 2")

    text = studio.page.evaluate("document.querySelector('main').innerText")
    assert "algo-1" in text
    assert "training" in text
    assert f"\t{STEPS}\t" in text, "the number of steps"


def test_trees_are_tensors_too(studio: Studio, jobs: Jobs, boosting: str) -> None:
    assert jobs.wait(boosting, timeout_s=300)["TrainingJobStatus"] == "Completed"
    studio.open(at(boosting, tab="tensors", tensor="validation-rmse"))
    studio.wait_for(f"{ROUNDS} steps")

    studio.open(at(boosting, tab="network"))

    studio.wait_for("No outputs of layers were saved")


def test_a_job_without_tensors_and_a_broken_address_say_what_to_do(
    studio: Studio, trained: str, captured: str
) -> None:
    studio.open(f"/debugger/training-job/{trained}")
    studio.wait_for("This job captures no tensors")
    studio.wait_for("DebuggerHookConfig(")

    studio.open(at(captured, tab="magic", step="-7", mode="LEARN", tensor=""))
    studio.wait_for("Steps and findings")
    studio.open(at(captured, tab="tensors", tensor="no/such", step="3"))
    studio.wait_for("no/such has no complete step here")
    studio.open("/debugger/training-job/no-such-job")
    studio.wait_for("can't be shown")
    forget_refusals(studio)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make studio` does it")
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_debugger_pages_are_accessible(studio: Studio, captured: str, width: int, dark: bool) -> None:
    studio.page.scheme(dark=dark)
    studio.page.resize(width, 900)
    pages = {
        "/debugger": f"'{captured}'",
        at(captured): "'Steps and findings'",
        at(captured, tab="tensors", tensor="conv1_output_0", other="relu1_output_0"): "'Statistics of'",
        at(captured, tab="network"): "'feature maps'",
        at(captured, tab="profile"): "'Hosts'",
    }
    for path, text in pages.items():
        studio.open(path)
        studio.wait_for(json.loads(text.replace("'", '"')))

        assert studio.complaints() == [], path
        wide = studio.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{path} is wider than the window"
