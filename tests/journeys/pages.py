"""The code blocks of a page for users, as one shell script: what a reader does who copies all of them."""

from __future__ import annotations

import re
from pathlib import Path

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

ELSEWHERE = (r"make\b", r"pip install clary\b")
"""Commands that have been done before a test begins: how Clary itself comes onto the machine."""


def script_of(page: Path) -> str:
    """Ends at the first command that fails. Blocks of a language that is neither are left out."""
    lines: list[str] = ["set -e"]
    for language, text in BLOCK.findall(page.read_text()):
        if language == "python":
            lines += ["python - <<'END_OF_BLOCK'", text.rstrip(), "END_OF_BLOCK"]
        elif not language:
            lines += [line for line in text.splitlines() if not re.match("|".join(ELSEWHERE), line)]
    return "\n".join(lines) + "\n"
