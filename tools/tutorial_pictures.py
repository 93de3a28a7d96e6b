"""Makes the pictures of docs/user/studio-tutorial.md.

    python tools/tutorial_pictures.py                  follows the page on a server that really trains
    python tools/tutorial_pictures.py --state FOLDER   keeps the state there, and trains only once

The commands are those of the page. Pictures are taken while the jobs run and after they have ended, in
Chromium, in a light and a dark theme, and written to docs/user/pictures.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from tests.journeys.clients import clean_environ  # noqa: E402
from tests.journeys.pages import script_of  # noqa: E402
from tests.journeys.server import CLARY, Server  # noqa: E402
from tests.studio.chromium import Chromium, Page, installed  # noqa: E402
from tests.studio.site.site import Studio  # noqa: E402

from clary.compute.environments import environments_root  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

TUTORIAL = ROOT / "docs/user/studio-tutorial.md"
PICTURES = ROOT / "docs/user/pictures"
LIMIT_BYTES = 150_000
WIDE, NARROW = (1440, 900), (390, 844)
TRAINING_S = 1800.0
SHOWN_S = 240.0

SWEEP = ("digits-lr-0005", "digits-lr-002", "digits-lr-008", "digits-lr-02")
WATCHED, BEST = "digits-lr-02", "digits-lr-008"
BROKEN, FAILED = "digits-too-fast", "digits-typo"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, in both themes.

    text: it stands on the page when the page is ready. drawn: a condition that then becomes true.
    """

    name: str
    path: str
    text: str
    size: tuple[int, int] = WIDE
    drawn: str = "true"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--state", type=Path, help="folder of the server and the demo's files")
    options.add_argument("--only", default="", help="pictures whose names begin with this text")
    options.add_argument("--into", type=Path, default=PICTURES)
    told = options.parse_args()
    program = installed()
    if program is None:
        sys.exit("there is no Chromium on this machine; install Debian's chromium, or put one on PATH")
    with tempfile.TemporaryDirectory() as scratch:
        folder = told.state or Path(scratch)
        server = Server(folder / "state", folder / "user")
        server.home.mkdir(parents=True, exist_ok=True)
        server.user_home.mkdir(parents=True, exist_ok=True)
        server.start()
        browser = Chromium(program, Path(scratch) / "chromium")
        try:
            camera = Camera(browser, server, told.into, told.only)
            if not (folder / "digits").exists():
                follow_the_page(server, folder)
            if WATCHED in running(server):
                wait_until(lambda: has_curve(server, WATCHED), f"{WATCHED} to train")
                for shot in WHILE_TRAINING:
                    camera.take(shot)
            # On a machine with few CPUs, jobs wait for each other: this one is behind the one above.
            wait_until(lambda: FAILED not in running(server), f"{FAILED} to fail")
            for shot in AFTER_A_FAILURE:
                camera.take(shot)
            wait_until(lambda: not running(server), "all jobs to end")
            for shot in AFTERWARDS:
                camera.take(shot)
        finally:
            browser.close()
            server.command("down", "--home", str(server.home))


def follow_the_page(server: Server, folder: Path) -> None:
    """Runs the commands of the tutorial in ``folder``."""
    environ = {
        **clean_environ(Path.home()),
        "CLARY_HOME": str(server.home),
        "CLARY_ENVIRONMENTS": str(environments_root()),
        "PATH": f"{Path(CLARY).parent}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(["bash", "-c", script_of(TUTORIAL)], cwd=folder, env=environ, check=True)


class Camera:
    """Takes pictures of one server's pages."""

    def __init__(self, browser: Chromium, server: Server, folder: Path, only: str) -> None:
        self._browser = browser
        self._server = server
        self._folder = folder
        self._only = only
        self._studios: dict[bool, Studio] = {}

    def take(self, shot: Shot) -> None:
        if not shot.name.startswith(self._only):
            return
        for dark in (False, True):
            studio = self._studio(dark)
            studio.page.front()
            studio.page.resize(*shot.size)
            studio.open(shot.path)
            studio.wait_for(shot.text, SHOWN_S)
            studio.page.wait(shot.drawn, SHOWN_S)
            settle(studio.page)
            self._keep(studio.page, f"{shot.name}-{'dark' if dark else 'light'}.png")

    def _studio(self, dark: bool) -> Studio:
        if dark not in self._studios:
            studio = Studio(self._browser.page(width=WIDE[0], height=WIDE[1], dark=dark), self._server.url)
            studio.page.hide_scrollbars()
            studio.sign_in(self._server.command("studio", "--no-open").stdout.strip())
            self._studios[dark] = studio
        return self._studios[dark]

    def _keep(self, page: Page, name: str) -> None:
        """Saves with a palette: a page has few colours, and the file has a third of the bytes."""
        raw = self._folder / name
        self._folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(raw)
        picture = Image.open(io.BytesIO(raw.read_bytes())).convert("RGB")
        picture.quantize(256, dither=Image.Dither.NONE).save(raw, optimize=True)
        size = raw.stat().st_size
        print(f"{name}: {size // 1000} kB", flush=True)
        if size > LIMIT_BYTES:
            sys.exit(f"{name} has {size} bytes, and may have {LIMIT_BYTES}")


def settle(page: Page) -> None:
    """Waits until the page has what it asked for, and has looked the same for a moment."""
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait("document.querySelector('[aria-busy=true]') === null")
    page.wait("!document.body.innerText.includes('Loading …')")
    before, until = "", time.monotonic() + 20
    while time.monotonic() < until:
        now = str(
            page.evaluate("document.body.innerText.length + ':' + document.querySelectorAll('*').length")
        )
        if now == before:
            return
        before = now
        time.sleep(0.7)


def running(server: Server) -> list[str]:
    sagemaker = server.session(root=True)("sagemaker")
    found = sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]
    return [str(each["TrainingJobName"]) for each in found]


def has_curve(server: Server, name: str) -> bool:
    """Whether a job has run far enough to have a curve of its accuracy."""
    return "epoch 3 " in server.command("logs", name).stdout


def wait_until(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + TRAINING_S
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"waited {TRAINING_S:.0f} s in vain for {what}")
        time.sleep(1)


def every_run(tab: str = "") -> str:
    """Returns the address of the comparison of all runs."""
    names = [f"{job}-aws-training-job" for job in (*SWEEP, BROKEN)]
    return f"/compare?components={','.join(names)}&experiment=digits{tab}"


WHILE_TRAINING = [
    Shot("watch", f"/training-jobs/{WATCHED}?tab=metrics", "accuracy"),
    Shot("watch-phone", f"/training-jobs/{WATCHED}?tab=metrics", "accuracy", NARROW),
    Shot("log", f"/training-jobs/{WATCHED}?tab=log", "Log"),
]
AFTER_A_FAILURE = [
    Shot("home", "/", "unrecognized"),
    Shot("home-phone", "/", "unrecognized", NARROW),
]
AFTERWARDS = [
    # Not the overview: the reason there has the path of a program on this machine.
    Shot("failed", f"/training-jobs/{FAILED}?tab=log", "unrecognized arguments"),
    Shot(
        "tensors", f"/debugger/training-job/{BROKEN}?tab=tensors&tensor=gradient/Net_fc2.weight", "Statistics"
    ),
    Shot("rules", f"/training-jobs/{BROKEN}?tab=rules", "VanishingGradient"),
    Shot(
        "network",
        f"/debugger/training-job/{BROKEN}?tab=network",
        "feature maps",
        drawn="document.querySelector('.network-plot')?.dataset.state === 'ready'",
    ),
    Shot("experiment", "/experiments/digits", BROKEN),
    Shot("compare", every_run(), BROKEN),
    Shot("charts", every_run("&tab=charts"), "loss"),
    Shot("lineage", f"/components/{BEST}-aws-training-job?tab=lineage", "model"),
]


if __name__ == "__main__":
    main()
