from __future__ import annotations

from pathlib import Path

import pytest

from clary.cli.doctor import _registry


def test_doctor_says_how_images_can_be_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = _registry()
    program = tmp_path / "registry"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert (missing.ok, "apt-get install docker-registry" in missing.remedy) == (None, True)
    assert (_registry().ok, _registry().said) == (True, str(program))
