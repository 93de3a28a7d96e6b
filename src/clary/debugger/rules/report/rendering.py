"""Templates of the reports. Whatever is put into one is escaped, but what another one made.

Only here is the template library imported, and only when the first page is made: rules are loaded far more
often than pages are written.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> Markup:
    """What a file of ``templates`` makes of the values."""
    from markupsafe import Markup

    return Markup(_environment().get_template(template).render(**values))


def joined(parts: Iterable[Markup]) -> Markup:
    """What templates made, one after the other."""
    from markupsafe import Markup

    return Markup("").join(parts)


def paragraphs(*texts: str) -> Markup:
    return render("paragraphs.html", texts=texts)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
