"""A worker of torchrun that fails with an error of two lines."""

import os

raise LookupError(f"column price is missing for rank {os.environ['RANK']}\nthere are: area, rooms")
