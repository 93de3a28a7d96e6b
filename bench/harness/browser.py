"""Measures what a person waits for in a browser: from a click to the last paint, and frames while scrolling.

A script in the page watches the document: the last paint is the end of the frame that showed the last change,
once the expected content is there and nothing has changed for QUIET_MS. Changes inside of a canvas are no
changes of the document, so the expected content of a chart is said in pixels.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.studio.chromium import OPTIONS, Chromium, Page, installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = (1_440, 900)
AS_READERS_HAVE_IT = tuple(each for each in OPTIONS if each != "--use-angle=swiftshader")
"""Pages are drawn in software, as by every browser on a machine without a graphics processor. With the
option, tables and charts too would be drawn by a graphics processor that is computed, which no reader has: a
frame of a table took 20 ms of CPU in place of 2.
"""
QUIET_MS = 500
RESTLESS_MS = 8_000
"""A page that goes on changing for so long after its content has come is taken as it is."""
GIVE_UP_S = 60.0
"""A page that has not come by then is sixty times slower than what Studio's pages promise."""
BUSY_S = 5.0
"""How long a page that does not answer is asked on."""

WATCH = f"""
((since, ready, giveUpMs) => new Promise((resolve, reject) => {{
  let isReady = false, readyAt = 0, changedAt = 0, paintedAt = 0, shown = 2;
  new MutationObserver(() => {{ changedAt = performance.now(); shown = 0; }})
    .observe(document, {{subtree: true, childList: true, attributes: true, characterData: true}});
  const frame = () => {{
    const now = performance.now();
    // The frame after the one that has shown the change begins when that one is painted.
    if (shown < 2 && ++shown === 2) paintedAt = now;
    if (!isReady && ready()) {{ isReady = true; readyAt = now; shown = 0; changedAt = now; }}
    const quiet = shown === 2 && now - changedAt > {QUIET_MS};
    if (isReady && (quiet || now - readyAt > {RESTLESS_MS})) return resolve(paintedAt - since);
    if (now - since > giveUpMs) return reject(new Error('the expected content never came'));
    requestAnimationFrame(frame);
  }};
  requestAnimationFrame(frame);
}}))"""


class NeverPainted(Exception):
    """The expected content did not come in time."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Milliseconds of each frame while a table scrolls.

    cpu_ms: of the page's main thread for one frame, which other programs of the machine do not change.
    """

    times_ms: list[float]
    cpu_ms: float

    def percentile(self, share: float) -> float:
        return sorted(self.times_ms)[min(len(self.times_ms) - 1, int(share * len(self.times_ms)))]


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Chromium | None]:
    """A browser with a new profile; None where there is none on this machine."""
    program = installed()
    if program is None:
        yield None
        return
    chromium = Chromium(program, folder, AS_READERS_HAVE_IT)
    try:
        yield chromium
    finally:
        chromium.close()


def open_page(chromium: Chromium) -> Page:
    page = chromium.page(width=SIZE[0], height=SIZE[1], dark=False)
    page.front()
    return page


def open_patiently(page: Page, address: str) -> None:
    """Opens a page that may take a minute to load on a busy machine."""
    page.ask("Page.enable", {})
    page.ask("Page.navigate", {"url": "about:blank"})
    page.ask("Page.navigate", {"url": address}, timeout_s=GIVE_UP_S)
    page.wait("document.readyState === 'complete'", GIVE_UP_S / 2)


def click_to_paint(page: Page, click: str, ready: str, *, give_up_s: float = GIVE_UP_S) -> float:
    """Milliseconds from a click to the last paint. Raises NeverPainted.

    click: a script that clicks; it leads to no other document. ready: whether the content is there.
    """
    page.front()
    give_up_ms = 1_000 * give_up_s
    script = f"""(() => {{
      const painted = {WATCH}(performance.now(), () => Boolean({ready}), {give_up_ms});
      {click};
      return painted;
    }})()"""
    try:
        found = page.ask(
            "Runtime.evaluate",
            {"expression": script, "awaitPromise": True, "returnByValue": True},
            timeout_s=give_up_s + BUSY_S,
        )
    except TimeoutError:
        raise NeverPainted(f"{ready}: {_seen(page)}") from None
    except AssertionError as error:
        raise NeverPainted(f"the page went elsewhere: {error}") from None
    if "exceptionDetails" in found:
        raise NeverPainted(f"{ready}: {_seen(page)}")
    return float(found["result"]["value"])


def open_to_paint(page: Page, address: str, ready: str, *, give_up_s: float = GIVE_UP_S) -> float:
    """The same from following an address to another document."""
    page.front()
    page.ask("Page.enable", {})
    source = f"""{WATCH}(0, () => Boolean({ready}), {1_000 * give_up_s})
      .then((painted) => {{ window.paintedMs = painted; }}, () => {{ window.paintedMs = -1; }});"""
    added = page.ask("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    try:
        page.open("about:blank")
        page.ask("Page.navigate", {"url": address})
        painted = _painted_ms(page, time.monotonic() + give_up_s + BUSY_S)
        if painted is None:
            raise NeverPainted(f"{ready}: {_seen(page)}")
        return painted
    finally:
        with contextlib.suppress(TimeoutError):
            page.ask("Page.removeScriptToEvaluateOnNewDocument", added, timeout_s=BUSY_S)


def _painted_ms(page: Page, until: float) -> float | None:
    """What the script in the page has measured; None if it has given up, or the page is too busy to say."""
    asked = "location.href === 'about:blank' ? null : window.paintedMs ?? null"
    while time.monotonic() < until:
        with contextlib.suppress(AssertionError, TimeoutError):
            found = page.ask(
                "Runtime.evaluate", {"expression": asked, "returnByValue": True}, timeout_s=BUSY_S
            )
            painted = found["result"].get("value")
            if painted is not None:
                return float(painted) if painted >= 0 else None
        time.sleep(0.1)
    return None


def first_paint(page: Page, address: str) -> float:
    """Milliseconds until a page that is opened paints its first content."""
    page.front()
    page.open(address)
    page.wait("performance.getEntriesByName('first-contentful-paint').length > 0")
    found = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return float(found)


def page_kilobytes(page: Page) -> float:
    """Kilobytes of the scripts and styles that the page as it is has loaded, as they were sent."""
    found: float = page.evaluate(
        """performance.getEntriesByType('resource')
           .filter((each) => /\\.(js|mjs|css)(\\?|$)/.test(each.name))
           .reduce((sum, each) => sum + each.encodedBodySize, 0) / 1000"""
    )
    return found


def scroll_frames(page: Page, element: str, *, pixels: int = 160, frames: int = 120) -> Frames:
    """Scrolls an element a number of pixels in each frame. element: a script that finds it."""
    page.evaluate(f"({element}).scrollTop = 0")
    return frames_of(page, element, f"each.scrollTop += {pixels}", frames=frames)


def frames_of(page: Page, what: str, change: str, *, frames: int = 120) -> Frames:
    """Changes something in each of a number of frames. what: a script that finds it. change: of ``each``."""
    page.front()
    with contextlib.suppress(AssertionError):
        page.ask("Performance.enable", {"timeDomain": "threadTicks"})
    began = _main_thread_s(page)
    times: list[float] = page.evaluate(
        f"""new Promise((resolve) => {{
          const each = {what};
          const times = [];
          let last;
          const step = (now) => {{
            if (last !== undefined) times.push(now - last);
            last = now;
            if (times.length >= {frames}) return resolve(times);
            {change};
            requestAnimationFrame(step);
          }};
          requestAnimationFrame(step);
        }})"""
    )
    return Frames(times, 1_000 * (_main_thread_s(page) - began) / frames)


def _main_thread_s(page: Page) -> float:
    metrics = page.ask("Performance.getMetrics", {})["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _seen(page: Page) -> str:
    """What a page shows that does not show what it should."""
    script = "location.href + ' ' + (document.body?.innerText ?? '').slice(0, 500)"
    try:
        found = page.ask("Runtime.evaluate", {"expression": script, "returnByValue": True}, timeout_s=BUSY_S)
    except TimeoutError:
        return "the page is too busy to say"
    return str(found["result"].get("value"))
