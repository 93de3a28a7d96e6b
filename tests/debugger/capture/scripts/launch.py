"""Runs Python with arguments, the scripts among them found beside this one."""

import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
arguments = [os.path.join(here, each) if each.endswith(".py") else each for each in sys.argv[1:]]
os.execv(sys.executable, [sys.executable, *arguments])
