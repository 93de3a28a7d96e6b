"""The limits of a job: memory, processes, disk.

cgroups.py   control groups: limits that the kernel enforces
usage.py     what a job uses, measured: the disk, and all else without control groups
bounds.py    both, for one process of the user, and the sentence that says which limit was exceeded
"""

from .bounds import NO_LIMITS, Bounds, Limits, groups_of, join, limits_of
from .cgroups import NOTE, forget_groups

__all__ = ["NOTE", "NO_LIMITS", "Bounds", "Limits", "forget_groups", "groups_of", "join", "limits_of"]
