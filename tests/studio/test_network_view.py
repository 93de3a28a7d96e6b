"""The network view in a real browser, with a real training."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.studio.chromium import Chromium, Page
from tests.studio.training import SAVED, residual, train

from clary.debugger import tensor_plot
from clary.debugger.plot import TensorPlot
from clary.debugger.plot.widget import DRAWING
from clary.debugger.trial import Trial

HOST = "document.getElementById('clary-network')"
ROOT = f"{HOST}.shadowRoot"
READY = f"{HOST}.dataset.state === 'ready'"
CLASSES = [f"digit {number}" for number in range(10)]

CHOOSE_CONV = (
    f"[...{ROOT}.querySelectorAll('.beside button')].find((b) => /^conv/.test(b.textContent)).click()"
)

# Pixels can be read only directly after drawing, so one expression does both.
PIXELS = f"""(() => {{
  claryNetwork.draw();
  const canvas = {ROOT}.querySelector('canvas');
  const gl = canvas.getContext('webgl2');
  const found = new Uint32Array(canvas.width * canvas.height);
  gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(found.buffer));
  const counts = new Map();
  let hash = 0;
  for (const pixel of found) {{
    counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    hash = (Math.imul(hash, 31) + pixel) | 0;
  }}
  const most = [...counts].sort((a, b) => b[1] - a[1])[0];
  return {{hash, colours: counts.size, drawn: 1 - most[1] / found.length, background: most[0] & 255}};
}})()"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return train(tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="module")
def plot(trial: Trial) -> TensorPlot:
    return tensor_plot(trial, sample=1, classes=CLASSES, title="digits")


@pytest.fixture(scope="module")
def saved(plot: TensorPlot, tmp_path_factory: pytest.TempPathFactory) -> str:
    return plot.save_html(tmp_path_factory.mktemp("page") / "network.html").as_uri()


@pytest.fixture
def page(chromium: Chromium, saved: str) -> Iterator[Page]:
    page = chromium.page()
    page.open(saved)
    page.wait(READY)
    yield page
    assert page.troubles() == []
    page.close()


def expected(trial: Trial, step: int, sample: int) -> str:
    return CLASSES[int(np.argmax(trial.tensor("fc_output_0").value(step)[sample]))]


def slide(page: Page, place: int) -> None:
    page.evaluate(
        f"(() => {{ const slider = {ROOT}.querySelector('.steps'); slider.value = {place};"
        "slider.dispatchEvent(new Event('input')); })()"
    )
    page.wait(f"{READY} && {HOST}.dataset.step === '{SAVED[place]}'")


def test_a_saved_page_draws_the_network(page: Page) -> None:
    found = page.evaluate(PIXELS)

    assert found["colours"] > 200
    assert found["drawn"] > 0.1


def test_the_slider_changes_the_picture_and_the_prediction(page: Page, trial: Trial) -> None:
    pictures = []
    for place, step in enumerate(SAVED):
        slide(page, place)
        pictures.append(page.evaluate(PIXELS)["hash"])
        said = page.evaluate(f"{ROOT}.querySelector('.answer .class').textContent")
        assert said == expected(trial, step, 1)
        assert page.evaluate(f"{ROOT}.querySelector('.step').textContent") == f"step {step} · TRAIN {step}"

    assert len(set(pictures)) == len(SAVED)


def test_the_prediction_is_compared_with_the_label(page: Page, trial: Trial) -> None:
    label = CLASSES[int(trial.tensor("CrossEntropyLoss_input_1").value(SAVED[-1])[1])]

    truth = page.evaluate(f"{ROOT}.querySelector('.answer .truth').textContent")

    right = expected(trial, SAVED[-1], 1) == label
    assert truth == f"{'✓' if right else '✗'} label {label}"


def test_another_sample_is_another_picture(page: Page, trial: Trial) -> None:
    before = page.evaluate(PIXELS)["hash"]

    page.evaluate(f"{ROOT}.querySelector('[title=\"Next sample\"]').click()")
    page.wait(f"{READY} && {HOST}.dataset.sample === '2'")

    assert page.evaluate(PIXELS)["hash"] != before
    assert page.evaluate(f"{HOST}.dataset.predicted") == expected(trial, SAVED[-1], 2)


def test_the_pointer_shows_layer_unit_and_value(page: Page, trial: Trial) -> None:
    # When the camera has arrived, the layer fills the middle of the page.
    page.evaluate(CHOOSE_CONV)
    page.wait(f"{HOST}.dataset.moving === 'no'")
    for offset in (0, 12, 24, 36):  # some of these are between two maps
        page.move(660 + offset, 315 + offset)
        page.evaluate("new Promise(requestAnimationFrame)")
        if not page.evaluate(f"{ROOT}.querySelector('.hint').hidden"):
            break

    lines = f"[...{ROOT}.querySelector('.hint').children].map((line) => line.textContent)"
    layer, value, unit = page.evaluate(lines)

    assert layer == "conv_output_0 · 12 \u00d7 6 \u00d7 6"
    words = unit.replace(",", "").split()
    at = int(words[1]), int(words[3]), int(words[5])
    assert float(value.replace("\u2212", "-")) == pytest.approx(
        float(trial.tensor("conv_output_0").value(SAVED[-1])[1][at]), rel=2e-3, abs=1e-6
    )


def test_dragging_turns_the_network(page: Page) -> None:
    before = page.evaluate(PIXELS)["hash"]

    page.drag((600, 350), (700, 380))
    page.evaluate("new Promise(requestAnimationFrame)")

    assert page.evaluate(PIXELS)["hash"] != before


def test_held_colours_stay_when_the_step_changes(page: Page) -> None:
    scale = f"{ROOT}.querySelector('.legend .high').textContent"
    page.evaluate(CHOOSE_CONV)
    held = page.evaluate(scale)

    page.evaluate(f"{ROOT}.querySelector('.hold input').click()")
    slide(page, 0)
    assert page.evaluate(scale) == held

    page.evaluate(f"{ROOT}.querySelector('.hold input').click()")
    assert page.evaluate(scale) != held


def test_the_page_follows_the_users_colour_scheme(page: Page) -> None:
    assert page.evaluate(PIXELS)["background"] < 40

    page.scheme(dark=False)
    page.wait(f"{ROOT}.querySelector('.network').classList.contains('light')")

    assert page.evaluate(PIXELS)["background"] > 220


def test_nothing_is_drawn_while_nothing_changes(page: Page) -> None:
    page.evaluate("""(() => {
      window.drawn = 0;
      const prototype = WebGL2RenderingContext.prototype;
      const real = prototype.drawElements;
      prototype.drawElements = function (...all) { window.drawn++; return real.apply(this, all); };
    })()""")
    frames = "(async () => { for (let at = 0; at < 20; at++) await new Promise(requestAnimationFrame); })()"
    page.evaluate(frames)
    page.evaluate("window.drawn = 0")

    page.evaluate(frames)
    assert page.evaluate("window.drawn") == 0

    # One draw each for maps, units and the image, whatever the number of maps.
    assert page.evaluate("(claryNetwork.draw(), window.drawn)") == 3


def test_a_picture_that_is_computed_is_coarse_while_it_moves(page: Page) -> None:
    canvas = f"{ROOT}.querySelector('canvas')"
    drawn = f"{canvas}.width / {canvas}.clientWidth"
    page.wait(f"{drawn} === 2")

    turned = f"""new Promise((resolve) => {{
      (function turn() {{
        claryNetwork.turn(0.01);
        if ({drawn} === 1) resolve({HOST}.dataset.moving);
        else requestAnimationFrame(turn);
      }})();
    }})"""
    assert page.evaluate(turned) == "yes"

    page.wait(f"{HOST}.dataset.moving === 'no' && {drawn} === 2")


def test_a_notebooks_widget_asks_its_kernel_for_steps(
    chromium: Chromium, plot: TensorPlot, trial: Trial, tmp_path: Path
) -> None:
    kernel = plot.widget
    state = json.dumps({"picture": kernel.picture, "height_px": kernel.height_px})
    (tmp_path / "notebook.html").write_text(
        f"""<!doctype html><div id="cell"></div><script type="module">
        import widget from {json.dumps(DRAWING.as_uri())};
        const state = {state};
        window.asked = [];
        window.ears = new Set();
        const model = {{
          get: (name) => state[name],
          send: (content) => window.asked.push(content),
          on: (_, call) => window.ears.add(call),
          off: (_, call) => window.ears.delete(call),
        }};
        window.close = widget.render({{ model, el: document.getElementById("cell") }});
        </script>"""
    )
    page = chromium.page()
    page.open((tmp_path / "notebook.html").as_uri())
    page.wait("window.asked?.length === 1")
    asked: dict[str, Any] = page.evaluate("window.asked[0]")
    assert (asked["kind"], asked["step"], asked["sample"]) == ("frame", SAVED[-1], 1)

    content = base64.b64encode(plot.frame(asked["step"], asked["sample"])).decode()
    page.evaluate(
        f"""(() => {{
          const bytes = Uint8Array.from(atob("{content}"), (letter) => letter.charCodeAt(0));
          const answer = {{kind: "frame", id: window.asked[0].id}};
          window.ears.forEach((call) => call(answer, [new DataView(bytes.buffer)]));
        }})()"""
    )
    cell = "document.getElementById('cell').firstElementChild"
    page.wait(f"{cell}.dataset.state === 'ready'")

    assert page.evaluate(f"{cell}.dataset.predicted") == expected(trial, SAVED[-1], 1)
    assert page.evaluate(f"{cell}.getBoundingClientRect().height") == 600
    page.evaluate("window.close()")
    assert page.evaluate("window.ears.size") == 0
    assert page.troubles() == []
    page.close()


def test_a_step_that_the_page_lacks_shows_an_error_and_the_picture_stays(page: Page) -> None:
    page.evaluate("document.querySelector(`script[data-step='0'][data-sample='1']`).remove()")

    page.evaluate("claryNetwork.show(0, 1)")

    assert page.evaluate(f"{HOST}.dataset.state") == "failed"
    assert "step 0 can't be shown" in page.evaluate(f"{ROOT}.querySelector('.trouble').textContent")
    slide(page, 1)
    assert page.evaluate(f"{ROOT}.querySelector('.trouble').hidden")


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two blocks of residual layers, and two batches with the same samples in different order."""
    root = tmp_path_factory.mktemp("deep") / "resnet-7/debug-output"
    plot = tensor_plot(residual(root))
    return plot.save_html(tmp_path_factory.mktemp("page") / "deep.html").as_uri()


@pytest.fixture(params=[(1200, 700), (390, 780)], ids=["desktop", "phone"])
def deep_page(request: pytest.FixtureRequest, chromium: Chromium, deep: str) -> Iterator[Page]:
    page = chromium.page(width=request.param[0], height=request.param[1])
    page.open(deep)
    page.wait(READY)
    yield page
    assert page.troubles() == []
    page.close()


LIST = f"[...{ROOT}.querySelectorAll('.beside .name')].map((name) => name.textContent)"
NAMES = f"[...{ROOT}.querySelectorAll('.label .name')].map((name) => name.textContent)"
OPEN_FIRST = f"{ROOT}.querySelector('.beside .block').click()"


def test_a_deep_network_is_folded_and_opens_on_a_click(deep_page: Page) -> None:
    folded = deep_page.evaluate(LIST)
    before = deep_page.evaluate(PIXELS)["hash"]

    deep_page.evaluate(OPEN_FIRST)
    deep_page.wait(f"{HOST}.dataset.open === 'layer1'")

    assert [entry for entry in folded if entry[0] in "▸▾"] == ["▸ layer1", "▸ layer2"]
    opened = deep_page.evaluate(LIST)
    assert len(opened) == len(folded) + 10
    assert deep_page.evaluate(PIXELS)["hash"] != before
    # The picture has the same names as the list.
    names = deep_page.evaluate(NAMES)
    assert {name for name in names if name.startswith("layer1.")} == {
        entry for entry in opened if entry.startswith("layer1.")
    }
    assert "layer2 (10 layers)" in names
    assert deep_page.evaluate(f"{ROOT}.querySelector('.title').textContent") == "resnet-7"


def test_a_click_on_a_block_in_the_picture_opens_it(chromium: Chromium, deep: str) -> None:
    page = chromium.page()
    page.open(deep)
    page.wait(READY)
    label = f"[...{ROOT}.querySelectorAll('.label')].find((label) => /^layer2/.test(label.textContent))"
    place = page.evaluate(
        f"(() => {{ const box = {label}.getBoundingClientRect(); return [box.x + box.width / 2, box.y]; }})()"
    )
    above = (place[0], place[1] - 60)

    page.drag(above, (above[0] + 50, above[1]))
    turned = page.evaluate(f"{HOST}.dataset.open ?? ''")
    page.evaluate(f"{ROOT}.querySelector('canvas').dispatchEvent(new MouseEvent('dblclick'))")
    page.wait(f"{HOST}.dataset.moving === 'no'")
    page.drag(above, above)

    assert turned == ""
    page.wait(f"{HOST}.dataset.open === 'layer2'")
    page.close()


def test_one_finger_turns_the_picture_and_two_enlarge_it(chromium: Chromium, deep: str) -> None:
    page = chromium.page(width=390, height=780)
    page.open(deep)
    page.wait(READY)
    places = f"[...{ROOT}.querySelectorAll('.label')].map((label) => label.getBoundingClientRect().x)"
    span = f"((xs) => Math.max(...xs) - Math.min(...xs))({places})"
    before, width = page.evaluate(places), page.evaluate(span)

    page.touch(((100, 300), (220, 300)))
    page.wait(f"{HOST}.dataset.moving === 'no'")
    turned, turned_width = page.evaluate(places), page.evaluate(span)
    page.touch(((180, 300), (60, 300)), ((210, 300), (330, 300)))
    page.wait(f"{HOST}.dataset.moving === 'no'")

    assert turned != before
    assert turned_width != width
    assert page.evaluate(span) > 1.5 * turned_width
    assert page.evaluate("[scrollY, visualViewport.scale]") == [0, 1], "the page itself stays"
    page.close()


def test_the_selected_sample_is_found_in_another_batch(deep_page: Page) -> None:
    assert deep_page.evaluate(f"{ROOT}.querySelector('.sample').textContent") == "sample 0"

    deep_page.evaluate(
        f"(() => {{ const slider = {ROOT}.querySelector('.steps'); slider.value = 0;"
        "slider.dispatchEvent(new Event('input')); })()"
    )
    deep_page.wait(f"{READY} && {HOST}.dataset.step === '0'")

    assert deep_page.evaluate(f"{ROOT}.querySelector('.sample').textContent") == "sample 0 (here 3)"


def test_a_phone_has_the_list_of_layers_behind_a_button(chromium: Chromium, deep: str) -> None:
    page = chromium.page(width=390, height=780)
    page.open(deep)
    page.wait(READY)
    shown = f"getComputedStyle({ROOT}.querySelector('.beside')).display !== 'none'"

    hidden = page.evaluate(shown)
    page.evaluate(f"{ROOT}.querySelector('.list').click()")
    listed = page.evaluate(shown)
    page.evaluate(
        f"[...{ROOT}.querySelectorAll('.beside button')].find((b) => /^stem/.test(b.textContent)).click()"
    )

    assert (hidden, listed) == (False, True)
    assert not page.evaluate(shown)
    page.close()
