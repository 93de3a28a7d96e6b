"""Prints a number of lines over a number of seconds, and on SIGTERM the number that it reached."""

import argparse
import signal
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--lines", type=int, default=3)
parser.add_argument("--seconds", type=float, default=0.0)
wishes = parser.parse_args()
out = Path("/opt/ml/processing/out")


def on_sigterm(*_):
    (out / "half.txt").write_text("half a result")
    Path("/opt/ml/output/message").write_text("asked to end")
    sys.exit(0)


signal.signal(signal.SIGTERM, on_sigterm)
for number in range(wishes.lines):
    print(f"line {number}", flush=True)
    time.sleep(wishes.seconds / wishes.lines)
(out / "done.txt").write_text("done")
