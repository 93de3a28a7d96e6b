"""Which running trials are stopped: by the median of the others, and by Hyperband."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.kinds.hyper_parameter_tuning_job.made import Life, made

from clary.domain.errors import ValidationError
from clary.kinds.hyper_parameter_tuning_job.early_stopping import marks
from clary.kinds.hyper_parameter_tuning_job.hyperband import resources_of, rungs
from clary.services.context import Context

Document = dict[str, Any]


def begun(ctx: Context, **changes: Any) -> Life:
    life = Life(made(ctx, **changes))
    life.settle()
    return life


def curve(offset: float, epochs: int) -> list[float]:
    return [offset + 1 / (epoch + 1) for epoch in range(epochs)]


def auto(ctx: Context) -> Life:
    """A job with four completed trials, of offsets 1 to 4, and one that runs."""
    life = begun(
        ctx,
        TrainingJobEarlyStoppingType="Auto",
        ResourceLimits={"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 9},
    )
    for offset in (1.0, 2.0, 3.0, 4.0):
        name = life.running[0]
        life.curves[name] = curve(offset, 9)
        life.end(name, life.curves[name][-1])
        life.settle()
    return life


def test_a_trial_below_the_median_is_stopped(ctx: Context) -> None:
    life = auto(ctx)
    name = life.running[0]

    life.curves[name] = curve(3.9, 3)
    life.settle()

    assert life.stopped == [name]
    assert life.record["_Trials"][-1]["TrainingJobStatus"] == "Stopping"
    life.end(name, 4.2, status="Stopped")
    life.settle()
    assert life.record["TrainingJobStatusCounters"]["Stopped"] == 1
    assert life.record["ObjectiveStatusCounters"]["Succeeded"] == 5
    assert life.running, "the next trial has begun"


def test_a_trial_above_the_median_goes_on(ctx: Context) -> None:
    life = auto(ctx)

    life.curves[life.running[0]] = curve(1.5, 3)

    assert life.settle().again
    assert life.stopped == []


def test_a_trial_that_diverges_is_stopped(ctx: Context) -> None:
    life = auto(ctx)
    name = life.running[0]

    life.curves[name] = [math.nan, math.nan]
    life.settle()

    assert life.stopped == [name]


def test_nothing_is_stopped_before_enough_trials_have_completed(ctx: Context) -> None:
    life = begun(ctx, TrainingJobEarlyStoppingType="Auto")

    life.curves[life.running[0]] = curve(100.0, 5)
    life.settle()

    assert life.stopped == []


def test_without_early_stopping_no_curve_is_read(ctx: Context) -> None:
    life = begun(ctx)

    assert not life.settle().again


def test_a_long_curve_has_few_marks(ctx: Context) -> None:
    record = made(ctx, TrainingJobEarlyStoppingType="Auto")

    assert len(marks(record, 0, curve(0.0, 10_000))) < 60


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, (1, 3, 9)),
        (26, (1, 3, 9)),
        (27, (3, 9)),
        (38, (3, 9)),
        (39, (9,)),
        (44, (9,)),
        (45, ()),
        (49, (1, 3, 9)),
    ],
)
def test_brackets_have_the_shares_of_hyperband(number: int, expected: tuple[int, ...]) -> None:
    assert rungs(1, 27, number) == expected


def hyperband(ctx: Context, **changes: Any) -> Life:
    return begun(
        ctx,
        Strategy="Hyperband",
        ResourceLimits={"MaxParallelTrainingJobs": 4, "MaxNumberOfTrainingJobs": 9},
        **changes,
    )


def test_hyperband_stops_those_that_are_not_among_the_best_third(ctx: Context) -> None:
    life = hyperband(ctx)
    for offset, name in enumerate(life.running):
        life.curves[name] = [float(offset)]

    life.settle()

    assert life.stopped == life.running[2:], "of four, the best two go on beyond the first rung"


def test_hyperband_stops_a_trial_that_goes_on_beyond_its_resources(ctx: Context) -> None:
    life = hyperband(ctx)
    name = life.running[0]

    life.curves[name] = curve(1.0, 9)
    life.settle()
    assert life.stopped == [], "it may end by itself, and save its model"
    life.curves[name] = curve(1.0, 10)
    life.settle()

    assert life.stopped == [name], "MaxResource is that of the static hyperparameter epochs"


def test_hyperband_compares_with_trials_that_have_ended(ctx: Context) -> None:
    life = hyperband(ctx)
    *good, name = life.running
    for each in good:
        life.curves[each] = curve(1.0, 9)
        life.end(each, 1.1)
    life.settle()

    life.curves[name] = curve(2.0, 2)
    life.settle()

    assert name in life.stopped


def test_hyperband_spends_fewer_epochs_than_random_for_the_same_best(ctx: Context) -> None:
    spent: dict[str, int] = {}
    best: dict[str, str] = {}
    for strategy in ("Random", "Hyperband"):
        life = Life(
            made(
                ctx,
                HyperParameterTuningJobName=strategy,
                Strategy=strategy,
                RandomSeed=4,
                ResourceLimits={"MaxParallelTrainingJobs": 4, "MaxNumberOfTrainingJobs": 30},
            )
        )
        spent[strategy] = 0
        while not life.settle().finished:
            for name in life.running:
                offset = abs(float(life.jobs[name]["HyperParameters"]["rate"]) - 0.3)
                life.curves.setdefault(name, []).append(offset + 1 / (len(life.curves.get(name, ())) + 1))
                spent[strategy] += 1
                ended = len(life.curves[name]) == 9 or name in life.stopped
                if ended:
                    status = "Stopped" if name in life.stopped else "Completed"
                    life.end(name, life.curves[name][-1], status=status)
        best[strategy] = life.record["BestTrainingJob"]["TunedHyperParameters"]["rate"]

    assert best["Hyperband"] == best["Random"]
    assert spent["Hyperband"] < 0.7 * spent["Random"]


def test_the_greatest_resource_is_that_of_the_request_or_the_number_of_epochs(ctx: Context) -> None:
    given = {"HyperbandStrategyConfig": {"MinResource": 2, "MaxResource": 50}}

    assert resources_of(made(ctx)) == (1, 9)
    asked = made(ctx, HyperParameterTuningJobName="asked", Strategy="Hyperband", StrategyConfig=given)
    assert resources_of(asked) == (2, 50)
    with pytest.raises(ValidationError, match=r"HyperbandStrategyConfig.MaxResource is needed"):
        made(
            ctx,
            HyperParameterTuningJobName="none",
            Strategy="Hyperband",
            TrainingJobDefinition__StaticHyperParameters={},
        )
