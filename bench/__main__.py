"""``python -m bench [NAME ...]``: runs benchmark subjects and prints a table for each."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import tempfile
import traceback
from pathlib import Path

from rich.console import Console

from bench import subjects
from bench.harness.bench import Bench
from bench.harness.report import print_machine, print_result


def main() -> int:
    """Returns 1 when a subject could not be measured, else 0. A missed budget is only printed."""
    names = [found.name for found in pkgutil.iter_modules(subjects.__path__)]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Clary beside its peers.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of: {', '.join(names)}; all when none is given"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each contestant runs, in turns")
    parser.add_argument("--clary-only", action="store_true", help="leave the peers out")
    parser.add_argument("--jobs", type=int, help="how many jobs `queue` creates (2,000 when not given)")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in names]:
        parser.error(f"there is no {', '.join(unknown)}; there are: {', '.join(names)}")

    console = Console(width=None if sys.stdout.isatty() else 150)
    print_machine(console)
    failed = False
    for name in asked.names or names:
        subject = importlib.import_module(f"bench.subjects.{name}")
        with tempfile.TemporaryDirectory(prefix="clary-bench-") as folder:
            bench = Bench(Path(folder), rounds=asked.rounds, with_peers=not asked.clary_only, jobs=asked.jobs)
            try:
                print_result(console, subject.measure(bench))
            except Exception:
                failed = True
                console.print(f"\n{name} could not be measured:\n{traceback.format_exc()}", markup=False)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
