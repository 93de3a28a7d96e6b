"""What a newcomer does first."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.server import Server


def test_the_demo_trains_on_real_digits_and_says_what_to_try_next(server: Server) -> None:
    # It builds its own client the first time, with the pip configuration of the machine's own home.
    said = server.command("demo", timeout_s=900.0, user_home=Path.home())

    shown = said.stdout + said.stderr
    assert "Uploaded 5,000 handwritten digits" in shown
    accuracy = next(line for line in shown.splitlines() if line.startswith("Test accuracy")).split()[-1]
    assert float(accuracy) > 0.9
    assert "model.tar.gz" in shown
    assert 'eval "$(clary env)"' in shown
