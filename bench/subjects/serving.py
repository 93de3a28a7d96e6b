"""Predictions of a small scikit-learn model: how many a second, and how long each takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.model_servers import IRIS
from bench.harness.predictions import measure_predictions

if TYPE_CHECKING:
    from bench.harness.bench import Bench
    from bench.harness.results import Result


def measure(bench: Bench) -> Result:
    return measure_predictions(bench, IRIS, "Predictions of a scikit-learn model, one worker each")
