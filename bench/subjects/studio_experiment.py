"""Studio with an experiment of 10,000 components, which have 12,000 different metrics together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.harness.browser import browser, click_to_paint, open_page, scroll_frames
from bench.harness.peer_pages import add_paints, measure_peer
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server
from bench.harness.studio import signed_in_page
from bench.harness.studio_data import BROAD, COMPONENTS, METRIC_NAMES, fill_broad

if TYPE_CHECKING:
    from tests.studio.chromium import Chromium

    from bench.harness.bench import Bench

TABLE = f"{COMPONENTS:,} components: from a click to the last paint"
SORTED = "the same, sorted anew by a click on a title"
FRAME, FRAME_CPU = "a frame while the table scrolls, p95", "CPU of the page's main thread for such a frame"
ROWS = "document.querySelectorAll('[role=gridcell] a').length"


def measure(bench: Bench) -> Result:
    result = Result(f"Studio: an experiment of {COMPONENTS:,} components with {METRIC_NAMES:,} metrics")
    home = bench.folder / "clary"
    fill_broad(home)
    with browser(bench.folder / "profile") as chromium:
        if chromium is None:
            result.notes.append("no Chromium on this machine; install Debian's chromium")
            return result
        with clary_server(bench.folder) as served:
            page = signed_in_page(chromium, served, home)
            tables, sorts, frames, cpu = [], [], [], []
            link = f"document.querySelector('a[href$=\"/experiments/{BROAD}\"]')"
            newest = f"document.querySelector('a[href$=\"/c{COMPONENTS - 1}\"]')"
            oldest = "document.querySelector('a[href$=\"/c0\"]')"
            for _ in range(bench.rounds):
                page.open(f"{served.url}/studio/experiments")
                page.wait(link, 60)
                tables.append(click_to_paint(page, f"{link}.click()", newest))
                title = "document.querySelector('[role=columnheader][aria-sort] .title').click()"
                sorts.append(click_to_paint(page, title, oldest))
                scrolled = scroll_frames(page, "document.querySelector('.data-grid')")
                frames.append(scrolled.percentile(0.95))
                cpu.append(scrolled.cpu_ms)
            result.add(TABLE, CLARY, "ms", tables)
            result.add(SORTED, CLARY, "ms", sorts)
            result.add(FRAME, CLARY, "ms", frames)
            result.add(FRAME_CPU, CLARY, "ms", cpu)
            page.close()
    if bench.with_peers:
        measure_peer(bench, result, "MLflow", lambda chromium: _mlflow(bench, result, chromium))
    result.budget_at_most("the table under 1 s", result.median(TABLE), 1_000, "ms")
    result.budget_at_most("a frame while scrolling, p95, 16 ms", result.median(FRAME), 17, "ms")
    theirs, own = result.median(TABLE, "MLflow"), result.median(TABLE)
    if theirs and own:
        result.budget_at_least("10 times ahead of MLflow", theirs / own, 10, "times")
    result.notes.append("TensorBoard has no table of runs; it draws a chart for each metric")
    return result


def _mlflow(bench: Bench, result: Result, chromium: Chromium) -> None:
    from bench.harness.mlflow import fill_runs, mlflow_server
    from bench.harness.mlflow_page import RUNS_SCROLLED, open_runs, ready_page

    with mlflow_server(bench.folder / "mlflow", only_tracks=True) as peer:
        fill_runs(bench.folder / "mlflow", COMPONENTS, experiment=BROAD, metric_names=METRIC_NAMES)
        page = open_page(chromium)
        ready_page(page, peer.url)
        if add_paints(result, TABLE, "MLflow", partial(open_runs, page, peer.url, BROAD), bench.rounds):
            frames = [scroll_frames(page, RUNS_SCROLLED) for _ in range(bench.rounds)]
            result.add(FRAME, "MLflow", "ms", [each.percentile(0.95) for each in frames])
            result.add(FRAME_CPU, "MLflow", "ms", [each.cpu_ms for each in frames])
