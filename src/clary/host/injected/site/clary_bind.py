"""Keeps a server of the user on the address of its host.

Hosts share the network of the machine. A server that listens on every address, as those of images do, would
take its port on the addresses of all hosts: no second one could start. So ``bind`` to every address, on the
port that the server is to have, becomes ``bind`` to the host's own. Servers in Python bind with
``socket.socket``, those on uvloop too. Python 3.8 syntax.
"""

from __future__ import annotations

import socket

TYPE_CHECKING = False  # typing itself would cost every start 3 ms
if TYPE_CHECKING:
    from typing import Any

EVERY_ADDRESS = ("", "0.0.0.0", "::")


def install(own: str) -> None:
    """own: where the server is to listen, and on which port it expects to: ``127.64.0.1:41237/8080``."""
    place, _, usual = own.partition("/")
    host, _, port = place.rpartition(":")
    original = socket.socket.bind

    def bind(self: Any, address: Any) -> None:
        original(self, own_address(self, address, host, int(port), int(usual or port)))

    socket.socket.bind = bind  # type: ignore[method-assign, unused-ignore]


def own_address(link: socket.socket, address: Any, host: str, port: int, usual: int) -> Any:
    """Returns the address to bind instead of every one; other addresses as they are.

    usual: the port of servers in containers, which a server may know without being told.
    """
    if not isinstance(address, tuple) or address[0] not in EVERY_ADDRESS or address[1] not in (port, usual):
        return address
    if link.family == socket.AF_INET:
        return (host, port)
    if link.family != socket.AF_INET6:
        return address
    if link.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
        return ("::1", 0)  # beside a socket for IPv4; nobody asks for it here
    return ("::ffff:" + host, port)
