"""What a job may take of the machine: memory, processes, disk.

cgroups.py   limits that the kernel keeps, where a control group can be made
usage.py     what a job takes, measured, where none can; the disk always
bounds.py    both of them over one user's process, and the sentence that says which limit was broken
"""

from .bounds import NO_LIMITS, Bounds, Limits, groups_of, join, limits_of
from .cgroups import NOTE, forget_groups

__all__ = ["NOTE", "NO_LIMITS", "Bounds", "Limits", "forget_groups", "groups_of", "join", "limits_of"]
