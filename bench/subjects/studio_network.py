"""The network view in Studio's page with 2,048 feature maps: from a click to the picture, and its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.browser import browser, click_to_paint, frames_of
from bench.harness.network_trial import SIDE, write_trial
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server
from bench.harness.studio import signed_in_page
from bench.harness.studio_data import fill_captured

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.bench import Bench
    from bench.harness.servers import Served

MAPS = 2_048
JOB, BUCKET = "network", "captured"
OPENED = f"{MAPS:,} feature maps: from a click to the picture"
TURNED, FRAME = "the same, turned by a pointer", "a frame of it, p95"
FRAME_CPU = "CPU of the page's main thread for such a frame"
STEP = "another step, read from the server"
PLOT = "document.querySelector('.network-plot')"
READY = f"{PLOT}?.dataset.state === 'ready'"


def measure(bench: Bench) -> Result:
    result = Result(f"Studio: a network of {MAPS:,} maps of {SIDE} x {SIDE}")
    home, trial = bench.folder / "clary", bench.folder / "trial"
    write_trial(trial, MAPS, steps=1 + bench.rounds)
    fill_captured(home, JOB, f"s3://{BUCKET}")
    with browser(bench.folder / "profile") as chromium:
        if chromium is None:
            result.notes.append("no Chromium on this machine; install Debian's chromium")
            return result
        with clary_server(bench.folder) as served:
            _upload(served, trial)
            page = signed_in_page(chromium, served, home)
            opened, turned, frames, cpu, steps = [], [], [], [], []
            for step in range(bench.rounds):
                page.open(f"{served.url}/studio/debugger/training-job/{JOB}")
                tab = "[...document.querySelectorAll('.tabs a')].find((a) => a.innerText === 'Network')"
                page.wait(tab, 60)
                opened.append(click_to_paint(page, f"{tab}.click()", READY))
                drawn = frames_of(page, f"{PLOT}.networkView", "each.turn(0.01)")
                turned.append(1_000 * len(drawn.times_ms) / sum(drawn.times_ms))
                frames.append(drawn.percentile(0.95))
                cpu.append(drawn.cpu_ms)
                # The newest step is shown first; each of the others is read once.
                steps.append(
                    page.evaluate(
                        f"""(async () => {{
                          const since = performance.now();
                          await {PLOT}.networkView.show({step}, 0);
                          {PLOT}.networkView.draw();
                          return performance.now() - since;
                        }})()"""
                    )
                )
            page.close()
    result.add(OPENED, CLARY, "ms", opened)
    result.add(TURNED, CLARY, "frames/s", turned)
    result.add(FRAME, CLARY, "ms", frames)
    result.add(FRAME_CPU, CLARY, "ms", cpu)
    result.add(STEP, CLARY, "ms", steps)
    result.notes.append(
        "WebGL is computed (SwiftShader): a frame costs what its pixels cost; a graphics processor is "
        "another matter"
    )
    return result


def _upload(served: Served, trial: Path) -> None:
    assert served.connection is not None
    s3 = served.connection.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for path in sorted(trial.rglob("*")):
        if path.is_file():
            key = f"{JOB}/debug-output/{path.relative_to(trial).as_posix()}"
            s3.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
