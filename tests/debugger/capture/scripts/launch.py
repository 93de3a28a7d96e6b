"""Runs Python with arguments, the scripts among them found beside this one. First: --file-limit, to 2 KB."""

import os
import resource
import sys

here = os.path.dirname(os.path.abspath(__file__))
arguments = [os.path.join(here, each) if each.endswith(".py") else each for each in sys.argv[1:]]
if arguments[0] == "--file-limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
    del arguments[0]
os.execv(sys.executable, [sys.executable, *arguments])
