"""Names the modules of the debugger that importing a framework has brought with it."""

import sys

import torch

assert torch
print(*[name for name in sys.modules if name.startswith("clary")])
