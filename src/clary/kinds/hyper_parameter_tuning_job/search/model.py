"""Bayesian search: Optuna's tree-structured Parzen estimator.

Its study is built anew from the trials for each suggestion, so nothing outlives a call and a killed server
loses nothing. Importing Optuna takes 0.6 s and 20 MiB: only a search with a model pays for it.

Not Optuna's Gaussian processes: they need PyTorch in the server.
"""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

from .space import Categories, Numbers, Scale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .space import Parameter, Value
    from .suggestion import Past, TrialSearch

optuna.logging.set_verbosity(optuna.logging.ERROR)

STARTUP_TRIALS = 10
"""Uniform draws before the model has a say; Optuna's own number."""


def next_values(search: TrialSearch, number: int) -> dict[str, Value]:
    """The values of the next trial, from the seed, its number and the trials so far."""
    axes = {parameter.name: _Axis(parameter) for parameter in search.space}
    distributions = {name: axis.distribution for name, axis in axes.items()}
    seed = hashlib.sha256(f"{search.seed}/{number}".encode()).digest()
    with warnings.catch_warnings():
        # Multivariate sampling and the constant liar have a warning that they are experimental.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=STARTUP_TRIALS,
            multivariate=True,
            # Trials that run now count as bad ones, so that those beside them are elsewhere.
            constant_liar=True,
            seed=int.from_bytes(seed[:4], "big"),
        )
    study = optuna.create_study(sampler=sampler, direction="maximize" if search.maximize else "minimize")
    study.add_trials([_trial(past, axes, distributions) for past in search.past])
    # In a range of 2^53 whole numbers, the mass of one of them is 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        asked = study.ask(distributions)
    return {name: axis.value(asked.params[name]) for name, axis in axes.items()}


def _trial(
    past: Past, axes: Mapping[str, _Axis], distributions: Mapping[str, BaseDistribution]
) -> optuna.trial.FrozenTrial:
    params = {name: axis.coordinate(past.values[name]) for name, axis in axes.items()}
    if past.objective is not None:
        state = TrialState.COMPLETE
    else:
        state = TrialState.FAIL if past.ended else TrialState.RUNNING
    return create_trial(state=state, params=params, distributions=dict(distributions), value=past.objective)


class _Axis:
    """A parameter as Optuna sees it: the position on our scale where it lacks the reverse logarithmic."""

    def __init__(self, parameter: Parameter) -> None:
        reverse = isinstance(parameter, Numbers) and parameter.scale is Scale.REVERSE_LOGARITHMIC
        self._reversed = parameter if reverse and isinstance(parameter, Numbers) else None
        self.distribution = _distribution(parameter)

    def coordinate(self, value: Value) -> Value:
        return value if self._reversed is None else self._reversed.position(float(value))

    def value(self, coordinate: Any) -> Value:
        found: Value = coordinate if self._reversed is None else self._reversed.at(coordinate)
        return found


def _distribution(parameter: Parameter) -> BaseDistribution:
    if isinstance(parameter, Categories):
        return CategoricalDistribution(parameter.choices)
    if parameter.scale is Scale.REVERSE_LOGARITHMIC:
        return FloatDistribution(0.0, 1.0)
    log = parameter.scale is Scale.LOGARITHMIC
    if parameter.whole:
        return IntDistribution(int(parameter.low), int(parameter.high), log=log)
    return FloatDistribution(parameter.low, parameter.high, log=log)
