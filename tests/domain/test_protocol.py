"""The version of what server and hosts say to each other."""

from __future__ import annotations

import dataclasses

import pytest

from clary.domain.hosts import protocol, spec
from clary.domain.hosts.protocol import PROTOCOL, protocol_on_disk, version


def test_the_files_tell_their_protocol() -> None:
    assert protocol_on_disk() == PROTOCOL
    assert version().startswith(f"{PROTOCOL}-")


def test_a_spec_of_another_shape_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = [(field.name, field.type) for field in dataclasses.fields(spec.HostSpec)]
    longer = dataclasses.make_dataclass("HostSpec", [*fields, ("fresh", "str")])
    before = version()
    monkeypatch.setattr(spec, "HostSpec", longer)

    protocol.version.cache_clear()
    after = version()
    monkeypatch.undo()
    protocol.version.cache_clear()

    assert after != before == version()
