"""Prints the modules of the debugger that the import of a framework has loaded."""

import sys

import torch

assert torch
print(*[name for name in sys.modules if name.startswith("clary")])
