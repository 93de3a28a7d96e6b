"""What is asked of ``bind``, outside a sandbox. How servers are kept is in ``workloads/test_serving.py``."""

from __future__ import annotations

import os
import socket
import struct

import pytest

from clary.host.own_binds import _address_of, _process_of, binds_are_announced
from clary.host.sandbox.filter import notifying_program


@pytest.mark.parametrize(
    ("release", "announced"),
    [("6.8.0-45-generic", True), ("5.10.0", True), ("5.4.0-150", False), ("4.4.0", False), ("odd", False)],
)
def test_older_kernels_are_left_alone(release: str, announced: bool) -> None:
    assert binds_are_announced(release) is announced


def test_addresses_are_read_as_the_kernel_has_them() -> None:
    of_ipv4 = struct.pack("=H", socket.AF_INET) + (8080).to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    of_ipv6 = struct.pack("=H", socket.AF_INET6) + (8080).to_bytes(2, "big") + bytes(4 + 16 + 4)
    of_file = struct.pack("=H", socket.AF_UNIX) + b"/run/clary/socket"

    assert _address_of(of_ipv4) == ("127.0.0.1", 8080)
    assert _address_of(of_ipv6) == ("::", 8080)
    assert _address_of(of_file) is None
    assert _address_of(of_ipv6[:20]) is None
    assert _address_of(b"") is None


def test_a_thread_belongs_to_its_process() -> None:
    assert _process_of(os.getpid()) == os.getpid()


def test_a_processor_that_is_not_known_announces_nothing() -> None:
    assert notifying_program("riscv64") is None
    assert {notifying_program(machine).seccomp for machine in ("x86_64", "aarch64")} == {317, 277}  # type: ignore[union-attr]
