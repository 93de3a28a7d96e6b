"""Makes one shell script of all code blocks of a page for users."""

from __future__ import annotations

import re
from pathlib import Path

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

ELSEWHERE = (r"make\b", r"pip install clary\b")
"""Commands that are left out: they install Clary, which a test has already done."""


def script_of(page: Path) -> str:
    """Returns a script that ends at the first command that fails. Blocks of other languages are left out."""
    lines: list[str] = ["set -e"]
    for language, text in BLOCK.findall(page.read_text()):
        if language == "python":
            lines += ["python - <<'END_OF_BLOCK'", text.rstrip(), "END_OF_BLOCK"]
        elif not language:
            lines += [line for line in text.splitlines() if not re.match("|".join(ELSEWHERE), line)]
    return "\n".join(lines) + "\n"
