"""Runs Python with arguments. Script names are resolved relative to this file."""

import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
arguments = [os.path.join(here, each) if each.endswith(".py") else each for each in sys.argv[1:]]
os.execv(sys.executable, [sys.executable, *arguments])
