"""The lines that Studio shows a new user are those of README's five minutes, which test_demo.py runs."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_three_lines_are_the_words_of_readme() -> None:
    page = (ROOT / "studio/src/site/pages/home/first-time.tsx").read_text()
    shown = re.search(r"FIRST_LINES = (\[.*?\]);", page, re.DOTALL)
    assert shown is not None
    demo, folder, train = json.loads(re.sub(r",\s*\]", "]", shown[1]))
    readme = (ROOT / "README.md").read_text()
    lines = [line.partition("#")[0].strip() for line in readme.splitlines()]

    assert demo in lines
    assert folder in lines
    told = re.search(r"^clary train .*?-- .*$", readme.replace("\\\n", ""), re.MULTILINE)
    assert told is not None
    words, others = shlex.split(train), shlex.split(told[0])
    assert words[:3] == others[:3] == ["clary", "train", "train.py"]
    pairs = list(itertools.pairwise(others))
    for option in ("--image", "--input"):
        assert (option, words[words.index(option) + 1]) in pairs
    assert words[words.index("--") :] == others[others.index("--") :]
