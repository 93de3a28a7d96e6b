"""Renders the templates of reports. Values are escaped, except the output of other templates.

The template library is imported here only, and only for the first page: rules are loaded far more often than
pages are written.
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
    """Renders a file of ``templates``. Raises jinja2's UndefinedError for a value that is missing."""
    from markupsafe import Markup

    return Markup(_environment().get_template(template).render(**values))


def joined(parts: Iterable[Markup]) -> Markup:
    """Concatenates the output of templates."""
    from markupsafe import Markup

    return Markup("").join(parts)


def paragraphs(*texts: str) -> Markup:
    """One paragraph for each text."""
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
