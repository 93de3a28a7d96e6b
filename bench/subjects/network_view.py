"""The picture of a network in a browser: the time to draw it, by the number of feature maps."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from tests.studio.chromium import Chromium, installed

from bench.harness.network_trial import SIDE, write_trial
from bench.harness.results import CLARY, Result
from clary.debugger import tensor_plot
from clary.debugger.plot import Frames
from clary.debugger.trial import open_trial

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.studio.chromium import Page

    from bench.harness.bench import Bench
    from clary.debugger.plot import Picture, TensorPlot
    from clary.debugger.trial import Trial

MAPS = (16, 2_048, 4_096)
SIZE = (1_280, 720)
TURNS = 20
READY = "document.getElementById('clary-network').dataset.state === 'ready'"
TURN = f"""(() => {{
  const times = [];
  for (let at = 0; at < {TURNS}; at++) {{ claryNetwork.turn(0.01); times.push(claryNetwork.draw()); }}
  return times;
}})()"""


def measure(bench: Bench) -> Result:
    result = Result(f"A network in the browser, {SIZE[0]} x {SIZE[1]}, maps of {SIDE} x {SIDE}")
    program = installed()
    if program is None:
        result.notes.append("no Chromium on this machine; install Debian's chromium")
        return result
    trials = {}
    for maps in MAPS:
        write_trial(bench.folder / str(maps), maps)
        trials[f"{maps:,} maps"] = open_trial(bench.folder / str(maps))
    plots = {name: tensor_plot(trial) for name, trial in trials.items()}
    browser = Chromium(program, bench.folder / "profile")
    try:
        pages = {name: _page(browser, plot, bench.folder / f"{name}.html") for name, plot in plots.items()}
        frames = bench.in_turns({name: _turns(page) for name, page in pages.items()}, result.notes)
        steps = bench.in_turns({name: _steps(page) for name, page in pages.items()}, result.notes)
        reads = bench.in_turns(
            {name: _reads(trials[name], plot.picture) for name, plot in plots.items()}, result.notes
        )
        for name, plot in plots.items():
            result.add(
                f"one frame while turning, {name}", CLARY, "ms", [t for turn in frames[name] for t in turn]
            )
            result.add(f"another step on the screen, {name}", CLARY, "ms", steps[name])
            result.add(f"a step read from the trial, {name}", CLARY, "ms", reads[name])
            result.add(f"a step's bytes, {name}", CLARY, "MB", [len(plot.frame(0)) / 1e6])
        few, many = (statistics.median(frames[f"{maps:,} maps"][-1]) for maps in MAPS[:2])
        result.notes.append(
            f"{MAPS[1]:,} maps turn at {1000 / many:.0f} frames a second. "
            f"{MAPS[1] // MAPS[0]} times the maps take {many / few:.1f} times as long. WebGL is computed "
            "(SwiftShader): a frame costs what its pixels cost; a graphics processor is another matter"
        )
    finally:
        browser.close()
    return result


def _page(browser: Chromium, plot: TensorPlot, path: Path) -> Page:
    page = browser.page(width=SIZE[0], height=SIZE[1])
    page.open(plot.save_html(path).as_uri())
    page.wait(READY)
    page.evaluate(TURN)
    return page


def _turns(page: Page) -> Callable[[], list[float]]:
    def turn() -> list[float]:
        page.front()
        found: list[float] = page.evaluate(TURN)
        return found

    return turn


def _steps(page: Page) -> Callable[[], float]:
    """A turn that shows two steps. From the second time on, both are in the cache of the page."""
    shown = """(async () => {
      await claryNetwork.show(0, 0); await claryNetwork.show(1, 0);
      const since = performance.now();
      await claryNetwork.show(0, 0);
      claryNetwork.draw();
      return performance.now() - since;
    })()"""
    return lambda: float(page.evaluate(shown))


def _reads(trial: Trial, picture: Picture) -> Callable[[], float]:
    def read() -> float:
        frames = Frames(trial, picture)
        since = time.perf_counter()
        frames.frame(0)
        return 1000 * (time.perf_counter() - since)

    return read
