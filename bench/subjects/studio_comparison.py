"""Studio with 100 runs of 100,000 points each: from a click to their curves, beside MLflow and TensorBoard.

Each page is the one that its users have for this. MLflow's chart view draws the first ten runs; its page of
one metric draws all. TensorBoard keeps 1,000 points of a run, the number it has when nobody changes it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.harness.browser import browser, click_to_paint, open_page, open_to_paint
from bench.harness.curves import POINTS, RUNS
from bench.harness.peer_pages import add_paints, measure_peer
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server
from bench.harness.studio import signed_in_page
from bench.harness.studio_data import COMPARED, compared_names, fill_compared

if TYPE_CHECKING:
    from tests.studio.chromium import Chromium

    from bench.harness.bench import Bench

CURVES = f"{RUNS} runs of {POINTS:,} points: from a click to the last paint"
SIDE_BY_SIDE = f"{RUNS} runs side by side: from a click to the last paint"
COLOURS = 60
DRAWN = f"""[...document.querySelectorAll('.uplot canvas')].some((canvas) => {{
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(pixels.buffer)).size > {COLOURS};
}})"""
"""A hundred curves have been drawn, each in its colour."""


def measure(bench: Bench) -> Result:
    result = Result(f"Studio: {RUNS} runs of {POINTS:,} points compared")
    home = bench.folder / "clary"
    fill_compared(home)
    with browser(bench.folder / "profile") as chromium:
        if chromium is None:
            result.notes.append("no Chromium on this machine; install Debian's chromium")
            return result
        with clary_server(bench.folder) as served:
            page = signed_in_page(chromium, served, home)
            curves, sides = [], []
            compare = f"{served.url}/studio/compare?components={','.join(compared_names())}"
            for _ in range(bench.rounds):
                page.open(compare)
                page.wait("document.querySelector('main')?.innerText.includes('run-099')", 60)
                charts = (
                    "[...document.querySelectorAll('main a')].find((a) => a.innerText === 'Charts').click()"
                )
                curves.append(click_to_paint(page, charts, DRAWN))
                back = charts.replace("'Charts'", "'Side by side'")
                ready = "document.querySelector('main')?.innerText.includes('Only differences')"
                sides.append(click_to_paint(page, back, ready))
            result.add(CURVES, CLARY, "ms", curves)
            result.add(SIDE_BY_SIDE, CLARY, "ms", sides)
            page.close()
    if bench.with_peers:
        measure_peer(bench, result, "MLflow", lambda chromium: _mlflow(bench, result, chromium))
        measure_peer(bench, result, "TensorBoard", lambda chromium: _tensorboard(bench, result, chromium))
    result.budget_at_most("the comparison under 1 s", result.median(CURVES), 1_000, "ms")
    for who in ("MLflow, all runs", "TensorBoard"):
        theirs, own = result.median(CURVES, who), result.median(CURVES)
        if theirs and own:
            result.budget_at_least(f"10 times ahead of {who}", theirs / own, 10, "times")
    return result


def _mlflow(bench: Bench, result: Result, chromium: Chromium) -> None:
    from bench.harness.mlflow import fill_histories, mlflow_server, run_id
    from bench.harness.mlflow_page import CURVES_SHOWN, ready_page, to_chart_view, to_metric_page

    with mlflow_server(bench.folder / "mlflow", only_tracks=True) as peer:
        experiment = fill_histories(bench.folder / "mlflow", COMPARED, RUNS, POINTS)
        ready_page(open_page(chromium), peer.url)
        runs = [run_id(experiment, number) for number in range(RUNS)]
        pages = {
            "MLflow, ten runs": (to_chart_view(peer.url, experiment), 10),
            "MLflow, all runs": (to_metric_page(peer.url, experiment, runs), RUNS),
        }
        for who, (address, curves) in pages.items():
            # One that is given up may be busy for minutes.
            page = open_page(chromium)
            shown = f"{CURVES_SHOWN} >= {curves}"
            add_paints(result, CURVES, who, partial(open_to_paint, page, address, shown), bench.rounds)


def _tensorboard(bench: Bench, result: Result, chromium: Chromium) -> None:
    from bench.harness.tensorboard import (
        CURVES_SHOWN,
        READ_POINTS,
        fill_runs,
        tensorboard_server,
        wait_until_read,
    )

    folder = bench.folder / "tensorboard"
    fill_runs(folder, RUNS, POINTS)
    with tensorboard_server(folder) as url:
        seconds = wait_until_read(url, RUNS)
        result.notes.append(
            f"TensorBoard was given {READ_POINTS:,} points of each run, and read them for {seconds:.0f} s "
            "before it was asked"
        )
        page = open_page(chromium)
        shown = f"{CURVES_SHOWN} > {COLOURS}"
        paint = partial(open_to_paint, page, f"{url}/#timeseries", shown)
        add_paints(result, CURVES, "TensorBoard", paint, bench.rounds)
