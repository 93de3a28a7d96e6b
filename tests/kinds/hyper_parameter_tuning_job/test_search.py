"""The search: what is suggested, and how good it becomes."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.kinds.hyper_parameter_tuning_job.search import (
    Categories,
    Numbers,
    Past,
    Scale,
    Strategy,
    TrialSearch,
    Value,
    suggest,
)
from clary.kinds.hyper_parameter_tuning_job.search.space import spelled

RATE = Numbers("rate", 1e-5, 1.0, Scale.LOGARITHMIC, whole=False)
MOMENTUM = Numbers("momentum", 0.5, 0.999, Scale.REVERSE_LOGARITHMIC, whole=False)
WIDTH = Numbers("width", 1, 512, Scale.LOGARITHMIC, whole=True)
LAYERS = Numbers("layers", 2, 6, Scale.LINEAR, whole=True)
SHIFT = Numbers("shift", -3.0, 3.0, Scale.LINEAR, whole=False)
KIND = Categories("kind", ("adam", "sgd", "rms"))
SPACE = (RATE, MOMENTUM, WIDTH, LAYERS, SHIFT, KIND)

NUMBERS = [parameter for parameter in SPACE if isinstance(parameter, Numbers)]


def distance(values: Mapping[str, Value]) -> float:
    """0 at the best values."""
    return (
        abs(math.log10(float(values["rate"])) + 3)
        + abs(float(values["shift"]) - 1)
        + abs(int(values["layers"]) - 4) / 2
        + (values["kind"] != "rms")
    )


def searched(
    search: TrialSearch, count: int, objective: Callable[[Mapping[str, Value]], float]
) -> TrialSearch:
    """The search after ``count`` trials, one after the other."""
    for number in range(len(search.past), len(search.past) + count):
        [(_, values)] = suggest([search], number, 1)
        search = replace(search, past=(*search.past, Past(values, objective(values))))
    return search


def best(search: TrialSearch) -> float:
    values = [past.objective for past in search.past if past.objective is not None]
    return max(values) if search.maximize else min(values)


@pytest.mark.parametrize("parameter", SPACE, ids=lambda parameter: parameter.name)
@given(unit=st.floats(0, 1))
def test_every_position_is_a_value_within_the_range_and_survives_its_text(
    parameter: Numbers | Categories, unit: float
) -> None:
    value = parameter.at(unit)

    assert parameter.read(spelled(value)) == value


@pytest.mark.parametrize("parameter", [RATE, MOMENTUM, SHIFT], ids=lambda parameter: parameter.name)
def test_a_position_is_found_again(parameter: Numbers) -> None:
    for unit in (0.0, 0.1, 0.5, 0.9, 1.0):
        assert parameter.position(float(parameter.at(unit))) == pytest.approx(unit, abs=1e-9)


def test_scales_spread_values_evenly() -> None:
    assert float(RATE.at(0.5)) == pytest.approx(math.sqrt(1e-5))
    assert 1 - float(MOMENTUM.at(0.5)) == pytest.approx(math.sqrt(0.5 * 0.001))
    assert float(SHIFT.at(0.5)) == pytest.approx(0.0)
    assert [LAYERS.at(unit) for unit in (0.0, 0.19, 0.21, 0.79, 0.81, 1.0)] == [2, 2, 3, 5, 6, 6]


@pytest.mark.parametrize("text", ["seven", "nan", "inf", "-4", "3.5", ""])
def test_a_text_that_is_no_value_of_a_parameter_is_none(text: str) -> None:
    assert LAYERS.read(text) is None


@pytest.mark.parametrize("strategy", [Strategy.BAYESIAN, Strategy.RANDOM, Strategy.HYPERBAND])
def test_the_same_seed_and_past_give_the_same_next_ones_and_another_seed_others(strategy: Strategy) -> None:
    search = searched(TrialSearch(strategy, 5, SPACE, maximize=False), 12, distance)

    found = suggest([search], 12, 3)

    assert suggest([search], 12, 3) == found
    assert suggest([replace(search, seed=6)], 12, 3) != found


@pytest.mark.parametrize("strategy", [Strategy.BAYESIAN, Strategy.RANDOM])
def test_trials_that_are_suggested_together_differ(strategy: Strategy) -> None:
    search = searched(TrialSearch(strategy, 5, SPACE, maximize=False), 12, distance)

    found = [tuple(values.items()) for _, values in suggest([search], 12, 6)]

    assert len(set(found)) == 6


def test_random_trials_do_not_depend_on_results() -> None:
    """So a tuning job that was killed has the same trials, whatever had ended by then."""
    one = searched(TrialSearch(Strategy.RANDOM, 5, SPACE, maximize=False), 4, distance)
    other = searched(TrialSearch(Strategy.RANDOM, 5, SPACE, maximize=False), 4, lambda _: 0.0)

    assert suggest([one], 4, 2) == suggest([other], 4, 2)


@pytest.mark.parametrize("maximize", [False, True])
def test_the_model_finds_better_values_than_chance(maximize: bool) -> None:
    sign = -1 if maximize else 1
    bests: dict[Strategy, list[float]] = {Strategy.BAYESIAN: [], Strategy.RANDOM: []}
    for strategy, found in bests.items():
        for seed in range(5):
            search = TrialSearch(strategy, seed, (RATE, SHIFT, LAYERS, KIND), maximize)
            found.append(sign * best(searched(search, 35, lambda values: sign * distance(values))))

    assert statistics.median(bests[Strategy.BAYESIAN]) < 0.7 * statistics.median(bests[Strategy.RANDOM])


def test_trials_that_failed_or_run_do_not_mislead_the_model() -> None:
    search = searched(TrialSearch(Strategy.BAYESIAN, 5, SPACE, maximize=False), 12, distance)
    values = search.past[0].values

    found = suggest([replace(search, past=(*search.past, Past(values), Past(values, ended=False)))], 14, 1)

    assert set(found[0][1]) == {parameter.name for parameter in SPACE}


def test_a_small_space_is_tried_before_a_trial_is_repeated() -> None:
    search = TrialSearch(Strategy.BAYESIAN, 5, (LAYERS, KIND), maximize=False)

    search = searched(search, 15, lambda values: float(values["layers"]))

    assert len({tuple(past.values.items()) for past in search.past}) == 15


def test_parents_make_a_better_start() -> None:
    """The first trials of a warm start are better than those of its parent."""
    cold, warm = [], []
    for seed in range(5):
        parent = searched(TrialSearch(Strategy.BAYESIAN, seed, SPACE, maximize=False), 30, distance)
        child = TrialSearch(Strategy.BAYESIAN, seed + 100, SPACE, maximize=False, past=parent.past)
        begun = [distance(values) for _, values in suggest([child], 0, 5)]
        cold.append(statistics.mean(past.objective or 0.0 for past in parent.past[:5]))
        warm.append(statistics.mean(begun))

    assert statistics.mean(warm) < 0.6 * statistics.mean(cold)


def test_the_server_starts_without_optuna() -> None:
    """Importing it takes 0.6 s and 20 MiB."""
    said = "import clary.server.app, sys; sys.exit('optuna' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", said], timeout=60).returncode == 0


@pytest.mark.parametrize(
    "parameter",
    [
        Numbers("x", 2.0, 2.0, Scale.LINEAR, whole=False),
        Numbers("x", 2, 2, Scale.LOGARITHMIC, whole=True),
        Numbers("x", 0.5, 0.5, Scale.REVERSE_LOGARITHMIC, whole=False),
        Numbers("x", 5e-324, 1e308, Scale.LOGARITHMIC, whole=False),
        Numbers("x", -(2.0**53), 2.0**53, Scale.LINEAR, whole=True),
        Categories("x", ("only",)),
    ],
    ids=str,
)
def test_the_model_takes_ranges_at_their_limits(parameter: Numbers | Categories) -> None:
    search = searched(TrialSearch(Strategy.BAYESIAN, 1, (parameter,), maximize=False), 13, lambda _: 1.0)

    for past in search.past:
        assert parameter.read(spelled(past.values["x"])) == past.values["x"]
