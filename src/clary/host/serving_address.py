"""The address that a host's server listens on: its own one, unless another program of the machine has it.

Addresses are made from names, so two hosts may get the same one, rarely. And a program that listens on every
address of the machine has its port on all of them.
"""

from __future__ import annotations

import hashlib
import socket

FURTHER = 8
"""Addresses that are tried beside the wanted one; after them another port."""


def free_address(wanted: tuple[str, int], host: str) -> tuple[str, int]:
    """Returns an address that nobody listens on: the wanted one, else one that is as good.

    host: the name of the host, which makes further addresses its own.
    """
    address, port = wanted
    if not address.startswith("127."):
        # A node has one address for all its hosts, and another one of them may take the port at any moment.
        return address, _free_port(address)
    others = (_further(f"{host}/{address}/{number}") for number in range(FURTHER))
    for each in (address, *others):
        if _is_free(each, port):
            return each, port
    return address, _free_port(address)


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.bind((address, 0))
        return int(found.getsockname()[1])


def _further(text: str) -> str:
    """An address of 127.64.0.0/10, as hosts have."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"127.{64 + digest[0] % 64}.{digest[1]}.{1 + digest[2] % 254}"


def _is_free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        # Connections that have ended don't keep a server from starting.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address, port))
        except OSError:
            return False
    return True
