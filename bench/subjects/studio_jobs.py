"""Studio with 10,000 training jobs: the list, its scrolling, the first paint, and 20 open pages.

MLflow's page of an experiment of 10,000 runs is what its users have for it.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from bench.harness.browser import (
    browser,
    click_to_paint,
    first_paint,
    open_page,
    page_kilobytes,
    scroll_frames,
)
from bench.harness.peer_pages import add_paints, measure_peer
from bench.harness.processes import cpu_s, memory_mb
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server
from bench.harness.studio import follow, has, signed_in_page
from bench.harness.studio_data import JOBS, fill_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.studio.chromium import Chromium, Page

    from bench.harness.bench import Bench
    from bench.harness.servers import Served

LIST = f"the list of {JOBS:,}: from a click to the last paint"
FIRST, FIRST_COLD = "first paint, files in the browser's cache", "first paint, nothing in the browser's cache"
FRAME, FRAME_CPU = "a frame while the table scrolls, p95", "CPU of the page's main thread for such a frame"
BYTES = "scripts and styles of the list's page, compressed"
PAGES = 20
WATCHED_S = 10.0


def measure(bench: Bench) -> Result:
    result = Result(f"Studio: {JOBS:,} training jobs")
    home = bench.folder / "clary"
    fill_jobs(home)
    with browser(bench.folder / "profile") as chromium:
        if chromium is None:
            result.notes.append("no Chromium on this machine; install Debian's chromium")
            return result
        with clary_server(bench.folder) as served:
            page = signed_in_page(chromium, served, home)
            lists, frames, cpu = [], [], []
            for _ in range(bench.rounds):
                page.open(f"{served.url}/studio/")
                page.wait("document.querySelector('main h1')")
                lists.append(click_to_paint(page, follow("Training jobs"), has(f"-{JOBS - 1:05}")))
                scrolled = scroll_frames(page, "document.querySelector('.table')")
                frames.append(scrolled.percentile(0.95))
                cpu.append(scrolled.cpu_ms)
            result.add(LIST, CLARY, "ms", lists)
            result.add(FRAME, CLARY, "ms", frames)
            result.add(FRAME_CPU, CLARY, "ms", cpu)
            _first_paints(result, CLARY, page, f"{served.url}/studio/training-jobs", bench.rounds)
            result.add(BYTES, CLARY, "kB", [page_kilobytes(page)])
            page.close()
            _open_pages(result, chromium, served, home)
    if bench.with_peers:
        measure_peer(bench, result, "MLflow", lambda chromium: _mlflow(bench, result, chromium))
    result.budget_at_most("the list under 1 s", result.median(LIST), 1_000, "ms")
    result.budget_at_most("first paint under 300 ms", result.median(FIRST), 300, "ms")
    result.budget_at_most("a frame while scrolling, p95, 16 ms", result.median(FRAME), 17, "ms")
    result.budget_at_most("the first page under 400 kB", result.median(BYTES), 400, "kB")
    theirs, own = result.median(LIST, "MLflow"), result.median(LIST)
    if theirs and own:
        result.budget_at_least("the list 10 times ahead of MLflow", theirs / own, 10, "times")
    result.notes.append("the browser draws in software, as it does where there is no graphics processor")
    return result


def _first_paints(result: Result, who: str, page: Page, address: str, rounds: int) -> None:
    page.ask("Network.enable", {})
    first_paint(page, address)
    for what, is_off in ((FIRST, False), (FIRST_COLD, True)):
        page.ask("Network.setCacheDisabled", {"cacheDisabled": is_off})
        times = []
        for _ in range(rounds):
            page.open("about:blank")
            times.append(first_paint(page, address))
        result.add(what, who, "ms", times)
    page.ask("Network.setCacheDisabled", {"cacheDisabled": False})


def _open_pages(result: Result, chromium: Chromium, served: Served, home: Path) -> None:
    """What pages that are open, and look at nothing new, cost the server."""
    pages = [signed_in_page(chromium, served, home)]
    pages += [open_page(chromium) for _ in range(PAGES - 1)]
    for number, page in enumerate(pages):
        path = (
            "",
            "training-jobs",
            "training-jobs?status=Failed",
            f"training-jobs/resnet-50-sweep-{number:05}",
        )
        page.front()
        page.open(f"{served.url}/studio/{path[number % len(path)]}")
        page.wait("document.querySelector('main h1')")
    began, since = cpu_s(served.pid), time.monotonic()
    time.sleep(WATCHED_S)
    used = 100 * (cpu_s(served.pid) - began) / (time.monotonic() - since)
    result.add(f"the server's CPU with {PAGES} open pages", CLARY, "% of a core", [used])
    result.add(f"the server's memory with {PAGES} open pages (PSS)", CLARY, "MB", [memory_mb(served.pid)[0]])
    for page in pages:
        page.close()


def _mlflow(bench: Bench, result: Result, chromium: Chromium) -> None:
    from bench.harness.mlflow import fill_runs, mlflow_server
    from bench.harness.mlflow_page import RUNS_SCROLLED, experiment, open_runs, ready_page, runs_shown

    with mlflow_server(bench.folder / "mlflow", only_tracks=True) as peer:
        fill_runs(bench.folder / "mlflow", JOBS)
        page = open_page(chromium)
        ready_page(page, peer.url)
        if add_paints(result, LIST, "MLflow", partial(open_runs, page, peer.url, "Default"), bench.rounds):
            frames = [scroll_frames(page, RUNS_SCROLLED) for _ in range(bench.rounds)]
            result.add(FRAME, "MLflow", "ms", [each.percentile(0.95) for each in frames])
            result.add(FRAME_CPU, "MLflow", "ms", [each.cpu_ms for each in frames])
        _first_paints(result, "MLflow", page, experiment(peer.url, 0), bench.rounds)
        page.wait(runs_shown(), 50)
        result.add(BYTES, "MLflow", "kB", [page_kilobytes(page)])
