"""Clary's Studio in a browser: a server over a filled store, and a page that is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.browser import open_page
from clary.cli.studio import sign_in_link

if TYPE_CHECKING:
    from pathlib import Path

    from tests.studio.chromium import Chromium, Page

    from bench.harness.servers import Served


def signed_in_page(chromium: Chromium, served: Served, home: Path) -> Page:
    page = open_page(chromium)
    page.open(sign_in_link(home, served.url))
    page.wait("document.querySelector('.side nav')")
    return page


def follow(text: str) -> str:
    """A script that clicks the link with this text in the list of pages."""
    return f"[...document.querySelectorAll('nav a')].find((a) => a.innerText.trim() === {text!r}).click()"


def has(text: str) -> str:
    """Whether a text stands on the page."""
    return f"(document.querySelector('main')?.innerText ?? '').includes({text!r})"
