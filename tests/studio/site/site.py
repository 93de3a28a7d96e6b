"""What a person does with Studio's page, and what the page has to be like."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.studio.chromium import LIMIT_S, Page, PageError

AXE = Path(__file__).parents[3] / "studio/node_modules/axe-core/axe.min.js"
METRICS = {"loss": r"loss=([0-9.]+);", "slope": r"slope=([0-9.]+);"}
TEXT = "document.querySelector('main')?.innerText ?? ''"


@dataclass(frozen=True, slots=True)
class Studio:
    page: Page
    url: str

    def sign_in(self, link: str) -> None:
        self.page.open(link)
        self.page.wait("document.querySelector('.side nav')")

    def open(self, path: str) -> None:
        self.page.open(f"{self.url}/studio{path}")

    def wait_for(self, text: str, timeout_s: float = LIMIT_S) -> None:
        """Until a text stands on the page."""
        try:
            self.page.wait(f"({TEXT}).includes({json.dumps(text)})", timeout_s)
        except PageError as error:
            raise PageError(f"{error}\n{self.address} says:\n{self.page.evaluate(TEXT)[:2000]}") from error

    def wait_for_anywhere(self, text: str) -> None:
        """Until a text stands on the page or in a dialog over it."""
        self.page.wait(f"document.body.innerText.includes({json.dumps(text)})")

    def click(self, name: str) -> None:
        """The button or link with this text."""
        self._act(
            "[...root.querySelectorAll('button, a, [role=option]')]"
            f".find((each) => each.innerText.trim() === {json.dumps(name)})",
            "found.click()",
        )

    def type(self, label: str, text: str) -> None:
        """Into the field with this label, as React sees a person type."""
        self._act(
            f"""root.querySelector('[aria-label={json.dumps(label)}]')
              ?? [...root.querySelectorAll('label')]
                .find((each) => each.innerText.trim() === {json.dumps(label)})?.control""",
            f"""{{
              const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(found), 'value').set;
              set.call(found, {json.dumps(text)});
              const kind = found.tagName === 'SELECT' ? 'change' : 'input';
              found.dispatchEvent(new Event(kind, {{bubbles: true}}));
            }}""",
        )

    def _act(self, element: str, statement: str) -> None:
        """Waits for an element of ``root`` and runs a statement on it, as ``found``.

        root is the dialog that is open, as nobody can reach the page behind it, else the document.
        React may replace the element between the two, so the script that acts looks for it again.
        """
        element = f"((root) => {element})([...document.querySelectorAll('dialog:modal')].at(-1) ?? document)"
        act = f"(() => {{ const found = {element}; if (!found) return false; {statement}; return true; }})()"
        self.page.wait(element)
        while not self.page.evaluate(act):
            self.page.wait(element)

    @property
    def address(self) -> str:
        return str(self.page.evaluate("location.pathname + location.search")).removeprefix("/studio")

    def rows(self) -> list[str]:
        """The names in the table of jobs."""
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('[role=row] .name')].map((each) => each.innerText)"
        )
        return found

    def complaints(self) -> list[Any]:
        """What axe-core says against the page as it is now."""
        self.page.evaluate(f"window.axe === undefined && eval({json.dumps(AXE.read_text())}), null")
        found: list[Any] = self.page.evaluate(
            """axe.run({resultTypes: ['violations']}).then(({violations}) => violations.map((each) =>
              [each.id, each.help, each.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))"""
        )
        return found
