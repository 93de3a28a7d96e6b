"""A private host for user code: its own root, /opt/ml, /tmp, processes, host name and /etc/hosts.

view.py         what is seen inside, as an allow-list: nothing else of the machine exists there
bubblewrap.py   makes the view with bwrap
unshare.py      makes it with unshare(1); inner.py then does the mounts, drops rights and is process 1
probe.py        which of them works here, found by trying
"""

from .detection import Probe, probe
from .view import Mount, SandboxKind, View, view_of

__all__ = ["Mount", "Probe", "SandboxKind", "View", "probe", "view_of"]
