"""The capabilities and devices of root in a sandbox, the same in both kinds.

CAP_CHOWN, CAP_DAC_OVERRIDE and CAP_FOWNER are not here: without a user namespace they would reach every
inode of the machine that is seen inside.
"""

from __future__ import annotations

# Number to name: servers that listen on low ports, end their children, or give up being root.
KEPT_CAPABILITIES = {
    5: "CAP_KILL",
    6: "CAP_SETGID",
    7: "CAP_SETUID",
    10: "CAP_NET_BIND_SERVICE",
}

NODES = ("null", "zero", "full", "random", "urandom", "tty")
"""The harmless devices."""
