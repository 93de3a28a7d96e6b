"""Controls a real headless browser over two pipes: JSON messages, each one ended by a zero byte.

There is no graphics processor on most machines that test, so WebGL is computed (SwiftShader).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu-rasterization",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--allow-file-access-from-files",
)


LIMIT_S = 90.0
"""How long a page may take for a thing: a bound for what never comes, far above what a busy machine needs."""


def installed() -> str | None:
    """The path of the browser's program; None if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


# The browser reads and writes descriptors 3 and 4. Move the pipes away first: they may have these numbers.
LAUNCH = """
import fcntl, os, sys
away = [fcntl.fcntl(int(pipe), fcntl.F_DUPFD, 10) for pipe in sys.argv[1:3]]
for target, pipe in zip((3, 4), away):
    os.dup2(pipe, target)
os.execv(sys.argv[3], sys.argv[3:])
"""


class PageError(AssertionError):
    """An exception that a script of the page has thrown."""


class Chromium:
    """One browser with its own profile in ``folder``. ``close`` ends it."""

    def __init__(self, program: str, folder: Path, options: tuple[str, ...] = OPTIONS) -> None:
        commands, self._to = os.pipe()
        self._from, answers = os.pipe()
        launch = [sys.executable, "-c", LAUNCH, str(commands), str(answers)]
        self._process = subprocess.Popen(
            [*launch, program, *options, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(commands)
        os.close(answers)
        self._number = 0
        self._buffer = b""
        self.events: list[dict[str, Any]] = []

    def page(self, *, width: int = 1200, height: int = 700, dark: bool = True) -> Page:
        """Opens a page of this size."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})
        session = self.ask("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        return Page(self, session["sessionId"], width, height, dark=dark)

    def ask(
        self, method: str, params: dict[str, Any], session: str | None = None, timeout_s: float = 60.0
    ) -> Any:
        """The result of one command. Raises AssertionError, TimeoutError."""
        self._number += 1
        number = self._number
        command: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session is not None:
            command["sessionId"] = session
        os.write(self._to, json.dumps(command).encode() + b"\0")
        until = time.monotonic() + timeout_s
        while True:
            message = self._next(until)
            if message.get("id") != number:
                self.events.append(message)
                continue
            assert "error" not in message, f"{method}: {message['error']}"
            return message["result"]

    def close(self) -> None:
        """Ends the browser and all its processes."""
        os.close(self._to)
        os.close(self._from)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._from], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            content = os.read(self._from, 1 << 20)
            assert content, f"the browser has ended: {self._process.poll()}"
            self._buffer += content
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


class Page:
    def __init__(self, browser: Chromium, session: str, width: int, height: int, *, dark: bool) -> None:
        self._browser = browser
        self._session = session
        self.resize(width, height)
        self._ask("Runtime.enable", {})
        self._ask("Log.enable", {})
        self.scheme(dark=dark)

    def front(self) -> None:
        """Brings the page to the front: a page in the background draws more slowly."""
        self._ask("Page.bringToFront", {})

    def open(self, address: str) -> None:
        self._ask("Page.enable", {})
        gone = self._ask("Page.navigate", {"url": address})
        if gone.get("errorText") == "net::ERR_ABORTED":
            # The page before was on its way to another one by itself.
            self._ask("Page.navigate", {"url": address})
        self.wait("document.readyState === 'complete'")

    def scheme(self, *, dark: bool) -> None:
        """Sets whether the user prefers dark pages."""
        wish = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", {"features": [wish]})

    def evaluate(self, script: str, timeout_s: float = 60.0) -> Any:
        """The value of an expression; of a promise, its result. Raises PageError, TimeoutError."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        result = self.ask("Runtime.evaluate", asked, timeout_s)
        if "exceptionDetails" in result:
            thrown = result["exceptionDetails"]
            raise PageError(thrown.get("exception", {}).get("description") or thrown["text"])
        return result["result"].get("value")

    def wait(self, condition: str, timeout_s: float = LIMIT_S) -> None:
        """Waits until an expression is true. Raises PageError.

        To look at it makes the page lay itself out, so it is looked at less often the longer it takes.
        Where the page goes to another one meanwhile, the expression has to become true there.
        """
        until = time.monotonic() + timeout_s
        while True:
            try:
                self._wait_here(condition, max(1.0, until - time.monotonic()))
                return
            except AssertionError as error:
                if "navigated" not in str(error) or time.monotonic() > until:
                    raise

    def _wait_here(self, condition: str, timeout_s: float) -> None:
        self.evaluate(
            f"""new Promise((resolve, reject) => {{
              const until = performance.now() + {timeout_s * 1000};
              let pause = 5;
              (function look() {{
                if ({condition}) resolve();
                else if (performance.now() > until) reject(new Error({json.dumps("never: " + condition)}));
                else setTimeout(look, pause = Math.min(pause * 1.5, 100));
              }})();
            }})""",
            # The page tells what it has waited for in vain; the browser has to answer for longer.
            timeout_s + 30,
        )

    def hide_scrollbars(self) -> None:
        """As on machines that show them only while something scrolls."""
        self._ask("Emulation.setScrollbarsHidden", {"hidden": True})

    def move(self, x: float, y: float) -> None:
        self._ask("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})

    def click(self, x: float, y: float, *, button: str = "left", shift: bool = False) -> None:
        for kind, pressed in (("mousePressed", 1), ("mouseReleased", 0)):
            params = {"type": kind, "x": x, "y": y, "button": button, "buttons": pressed, "clickCount": 1}
            self._ask("Input.dispatchMouseEvent", {**params, "modifiers": 8 if shift else 0})

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        for kind, (x, y) in (("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end)):
            button = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
            self._ask("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **button})

    def drag_slowly(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """In steps, as a hand moves; for what looks at where the pointer is on its way."""
        self.click_down(*start)
        for step in range(1, 9):
            x, y = (a + (b - a) * step / 8 for a, b in zip(start, end, strict=True))
            self._ask(
                "Input.dispatchMouseEvent",
                {"type": "mouseMoved", "x": x, "y": y, "button": "left", "buttons": 1},
            )
            self.evaluate("new Promise(requestAnimationFrame)")
        params = {"type": "mouseReleased", "x": end[0], "y": end[1], "button": "left", "buttons": 0}
        self._ask("Input.dispatchMouseEvent", {**params, "clickCount": 1})

    def click_down(self, x: float, y: float) -> None:
        params = {"type": "mousePressed", "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
        self._ask("Input.dispatchMouseEvent", params)

    def touch(self, *ways: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Moves a finger along each way, all at once, in steps. The page is a touch screen from then on."""
        self._ask("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
        for step in range(9):
            points = [
                {"id": finger, "x": x + (to_x - x) * step / 8, "y": y + (to_y - y) * step / 8}
                for finger, ((x, y), (to_x, to_y)) in enumerate(ways)
            ]
            kind = "touchMove" if step else "touchStart"
            self._ask("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            self.evaluate("new Promise(requestAnimationFrame)")
        self._ask("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", {"format": "png"})["data"]))

    def troubles(self) -> list[str]:
        """The errors and warnings that the page has logged, and its uncaught exceptions.

        Not that a request ended because the machine's network changed: other tests make interfaces meanwhile,
        and the page asks again.
        """
        said = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            params = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                said.append(str(params["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
                said.append(str(params["args"]))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                said.append(params["entry"]["text"])
        return [each for each in said if "net::ERR_NETWORK_CHANGED" not in each]

    def forget_troubles(self) -> None:
        """Leaves what was written so far out of ``troubles``; for a test that has looked at it."""
        for event in self._browser.events:
            if event.get("sessionId") == self._session and event["method"] != "Network.requestWillBeSent":
                event["sessionId"] = ""

    def watch_requests(self) -> None:
        """Has ``requests`` know what the page asks from now on."""
        self._ask("Network.enable", {})

    def requests(self) -> list[str]:
        """The addresses that the page has asked for."""
        return [
            str(event["params"]["request"]["url"])
            for event in self._browser.events
            if event.get("sessionId") == self._session and event["method"] == "Network.requestWillBeSent"
        ]

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", size)

    def press(self, key: str, *, control: bool = False, shift: bool = False) -> None:
        modifiers = (2 if control else 0) + (8 if shift else 0)
        # Some libraries look at the place of the key on the keyboard.
        code = "Space" if key == " " else key
        for kind in ("keyDown", "keyUp"):
            self._ask(
                "Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, "modifiers": modifiers}
            )

    def write(self, text: str) -> None:
        """Writes a text into the field that has the focus, as a person would paste it."""
        self._ask("Input.insertText", {"text": text})

    def close(self) -> None:
        self._ask("Page.close", {})

    def ask(self, method: str, params: dict[str, Any], timeout_s: float = 60.0) -> Any:
        """The result of one command to the browser, for this page. Raises AssertionError, TimeoutError."""
        return self._browser.ask(method, params, self._session, timeout_s)

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        return self.ask(method, params)
