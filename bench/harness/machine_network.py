"""The network of machines: a bridge in the network namespace of one of them, and a cable to each."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NETWORKS = range(1, 255)


@contextlib.contextmanager
def switched(switch: int) -> Iterator[str]:
    """Makes a bridge and a cable from this machine to it. Yields the first three numbers of the addresses.

    switch: a process in the namespace of the bridge. The kernel removes both with the namespace.
    """
    _ip(_in_network(switch), "link add name lan type bridge", "link set lan up")
    name, network = _cable_of_this_machine(switch)
    try:
        _ip(["ip"], f"addr add {network}.1/24 dev {name}", f"link set {name} up")
        _ip(_in_network(switch), "link set port1 master lan up")
        yield network
    finally:
        # At once: the kernel does it somewhat later, and then the next machines get another network.
        subprocess.run(["ip", "link", "delete", name], capture_output=True)


def plug(machine: int, switch: int, address: str) -> None:
    """Gives an address to the namespace of a process, and connects it with the bridge."""
    port = f"port{address.rpartition('.')[2]}"
    # Of a machine that was switched off just now.
    subprocess.run([*_in_network(switch), "link", "delete", port], capture_output=True)
    _ip(
        _in_network(machine),
        f"link add name eth0 type veth peer name {port} netns {switch}",
        f"addr add {address}/24 dev eth0",
        "link set eth0 up",
        "link set lo up",
    )
    _ip(_in_network(switch), f"link set {port} master lan up")


def _cable_of_this_machine(switch: int) -> tuple[str, str]:
    """Makes the cable. Its name says which network is taken, also to other processes."""
    first = os.getpid() % len(NETWORKS)
    for number in [*NETWORKS[first:], *NETWORKS[:first]]:
        name = f"clary-lan{number}"
        added = subprocess.run(
            ["ip", "link", "add", "name", name, *f"type veth peer name port1 netns {switch}".split()],
            capture_output=True,
            text=True,
        )
        if added.returncode == 0:
            return name, f"10.199.{number}"
        if "File exists" not in added.stderr:
            raise RuntimeError(f"this machine can't be connected: {added.stderr.strip()}")
    raise RuntimeError("all networks of machines are in use")


def _in_network(pid: int) -> list[str]:
    return ["nsenter", "--target", str(pid), "--net", "ip"]


def _ip(program: Sequence[str], *lines: str) -> None:
    done = subprocess.run([*program, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"ip: {done.stderr.strip()} in {lines}")
