"""Writes every n-th line of its input to a file for training."""

import argparse
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--every", type=int, default=2)
wishes = parser.parse_args()

lines = [
    line
    for path in sorted(Path("/opt/ml/processing/raw").iterdir())
    for line in path.read_text().splitlines(keepends=True)
]
Path("/opt/ml/processing/out/train.csv").write_text("".join(lines[:: wishes.every]))
