"""Takes a parameter ``shade`` and writes it as its model."""

import argparse
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--shade")
parser.add_argument("--depth", type=int)
wishes = parser.parse_args()

Path(os.environ["SM_MODEL_DIR"], "shade.txt").write_text(wishes.shade * wishes.depth)
