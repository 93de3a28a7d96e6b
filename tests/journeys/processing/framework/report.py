"""Needs what requirements.txt brings, and a module beside it."""

import sys
from pathlib import Path

import helper
import journeywheel

words = [journeywheel.WORDS, helper.WORDS, *sys.argv[1:]]
(Path("/opt/ml/processing/output") / "report.txt").write_text(" ".join(words))
