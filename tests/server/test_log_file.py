from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

from clary.server.log_file import BURST_LINES, KEPT_FILES, LINES_PER_S, AtMost


def record(text: str = "said") -> logging.LogRecord:
    return logging.LogRecord("clary", logging.WARNING, "", 0, text, (), None)


def test_a_flood_of_lines_is_cut_and_counted() -> None:
    at = 0.0
    limit = AtMost(clock=lambda: at)

    assert sum(limit.filter(record()) for _ in range(10 * BURST_LINES)) == BURST_LINES
    at = 1.0
    first = record("after")
    assert limit.filter(first)
    assert first.getMessage() == f"after ({9 * BURST_LINES} lines before this one were left out)"
    assert sum(limit.filter(record()) for _ in range(100)) == LINES_PER_S - 1


SAYS_MUCH = """
import logging, os, sys
from pathlib import Path
from clary.server import log_file
log_file.begin_logging(Path(sys.argv[1]), "info", size_bytes=50_000, burst_lines=100_000)
for number in range(5_000):
    logging.getLogger("clary").warning("line %d %s", number, "x" * 100)
os.write(2, b"printed after all\\n")
"""


def test_the_log_of_a_server_in_the_background_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with log.open("ab") as output:
        subprocess.run(
            [sys.executable, "-c", SAYS_MUCH, str(log)], stdout=output, stderr=output, check=True, timeout=60
        )

    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [
        "server.log",
        *(f"server.log.{n + 1}" for n in range(KEPT_FILES)),
    ]
    assert all(file.stat().st_size < 52_000 for file in files)
    assert log.read_text().endswith("printed after all\n")
    assert "line 4999 " in log.read_text()


def test_in_the_foreground_it_goes_to_the_terminal(tmp_path: Path) -> None:
    script = SAYS_MUCH.replace("5_000", "3")

    said = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "server.log")],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "WARNING clary: line 2 " in said.stderr
    assert not list(tmp_path.iterdir())
