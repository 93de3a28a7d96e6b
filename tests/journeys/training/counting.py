"""Prints ``--lines`` numbered lines over ``--seconds``, each with a metric."""

import argparse
import time

parser = argparse.ArgumentParser()
parser.add_argument("--lines", type=int, default=10)
parser.add_argument("--seconds", type=float, default=0.0)
wishes = parser.parse_args()

for number in range(wishes.lines):
    print(f"line {number} loss={1 / (number + 1):.4f}", flush=True)
    time.sleep(wishes.seconds / wishes.lines)
