"""A private host for user code: its own root, /opt/ml, /tmp, processes, host name and /etc/hosts.

view.py         what is seen inside, as an allow-list; system.py is the part that comes from the machine
rights.py       which capabilities and devices are left; filter.py which system calls
bubblewrap.py   makes the view with bwrap; shield.py protects the machine's devices from it
unshare.py      makes it with the kernel's namespaces: inner.py does the mounts, drops rights and is process 1
entrance.py     how a command is started in either of them; nothing of the user's reaches what is outside
detection.py    which of them works here, found by trying
"""

from .detection import Probe, probe
from .entrance import Entrance, entered
from .system import Mount
from .view import SandboxKind, View, view_of

__all__ = ["Entrance", "Mount", "Probe", "SandboxKind", "View", "entered", "probe", "view_of"]
