"""Each refusal of a tuning job names the member and the fix."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kinds.hyper_parameter_tuning_job.made import KIND_NAME, made, request

from clary.domain.errors import NotFound, ValidationError
from clary.kinds.hyper_parameter_tuning_job.auto_ranges import range_around
from clary.kinds.hyper_parameter_tuning_job.definitions import definitions_of
from clary.kinds.hyper_parameter_tuning_job.search import Scale
from clary.kinds.hyper_parameter_tuning_job.search.space import spelled
from clary.services.context import Context

Document = dict[str, Any]


def numbers(low: str, high: str, **more: str) -> Document:
    return {"Name": "rate", "MinValue": low, "MaxValue": high, **more}


def continuous(low: str, high: str, **more: str) -> Document:
    return {"ParameterRanges": {"ContinuousParameterRanges": [numbers(low, high, **more)]}}


def integer(low: str, high: str, **more: str) -> Document:
    return {"ParameterRanges": {"IntegerParameterRanges": [numbers(low, high, **more)]}}


def categories(*values: str) -> Document:
    return {"ParameterRanges": {"CategoricalParameterRanges": [{"Name": "rate", "Values": list(values)}]}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (continuous("2", "1"), r"ContinuousParameterRanges\[0\]: MinValue 2 of 'rate' is greater than"),
        (continuous("a", "1"), r"ContinuousParameterRanges\[0\].MinValue of 'rate' is 'a'; give a number"),
        (continuous("0", "nan"), r"MaxValue of 'rate' is nan; give a finite number"),
        (continuous("-inf", "1"), r"MinValue of 'rate' is -inf; give a finite number"),
        (continuous("0", "1", ScalingType="Logarithmic"), r"Logarithmic of 'rate' needs a MinValue above 0"),
        (continuous("0", "1", ScalingType="ReverseLogarithmic"), r"needs 0 <= MinValue and MaxValue < 1"),
        (integer("1", "9", ScalingType="ReverseLogarithmic"), r"is for continuous ranges"),
        (integer("1.5", "9"), r"IntegerParameterRanges\[0\].MinValue of 'rate' is 1.5; give a whole number"),
        (integer("1", "1e20"), r"give a whole number within"),
        (continuous("-1e308", "1e308"), r"the range of 'rate' is too wide"),
        (categories(), r"CategoricalParameterRanges\[0\].Values of 'rate' is empty"),
        (categories("a", "a"), r"has 'a' twice"),
        ({"ParameterRanges": {}}, r"HyperParameterTuningJobConfig.ParameterRanges is empty"),
        (
            {"TrainingJobDefinition__StaticHyperParameters": {"rate": "1"}},
            r"'rate' has a range and is in StaticHyperParameters",
        ),
        ({"Strategy": "Grid"}, r"Strategy Grid takes CategoricalParameterRanges only"),
        ({"Strategy": "Grid", **categories("a", "b")}, r"MaxNumberOfTrainingJobs is 5, but the grid has 2"),
        ({"ResourceLimits__MaxNumberOfTrainingJobs": 751}, r"MaxNumberOfTrainingJobs is 751; at most 750"),
        ({"ResourceLimits__MaxParallelTrainingJobs": 101}, r"MaxParallelTrainingJobs is 101; at most 100"),
        ({"ResourceLimits__MaxParallelTrainingJobs": 6}, r"more than MaxNumberOfTrainingJobs, which is 5"),
        ({"ResourceLimits__MaxNumberOfTrainingJobs": None}, r"has no MaxNumberOfTrainingJobs; give it"),
        ({"HyperParameterTuningJobObjective": None}, r"HyperParameterTuningJobObjective is required"),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "los"}},
            r"objective metric 'los' is none of the metrics of TrainingJobDefinition: it has loss",
        ),
        ({"TrainingJobDefinition": None}, r"Give TrainingJobDefinition or TrainingJobDefinitions"),
        (
            {"TrainingJobDefinition__ResourceConfig": None},
            r"needs a ResourceConfig or a HyperParameterTuning",
        ),
        (
            {"TrainingJobDefinition__AlgorithmSpecification__TrainingImage": None},
            r"TrainingJobDefinition: AlgorithmSpecification.TrainingImage is required",
        ),
        (
            {
                "TrainingJobDefinition__AlgorithmSpecification__MetricDefinitions": [
                    {"Name": "loss", "Regex": "("}
                ]
            },
            r"MetricDefinitions\[0\].Regex is not a regular expression",
        ),
        ({"StrategyConfig": {}}, r"StrategyConfig is for the Strategy Hyperband, not Random"),
        (
            {"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Auto"},
            r"Hyperband stops trials by its own rule",
        ),
        (
            {
                "Strategy": "Hyperband",
                "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 9, "MaxResource": 9}},
            },
            r"MinResource 9 has to be less than MaxResource 9",
        ),
    ],
)
def test_what_can_not_be_is_refused(ctx: Context, changes: Document, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        made(ctx, **changes)

    assert ctx.records.names(KIND_NAME) == []


def test_the_name_of_a_range_is_used_once(ctx: Context) -> None:
    ranges = {"ContinuousParameterRanges": [numbers("0", "1"), numbers("0", "1")]}

    with pytest.raises(ValidationError, match="'rate' has two ranges"):
        made(ctx, ParameterRanges=ranges)


@pytest.mark.parametrize(
    ("low", "high", "scale"),
    [
        ("0.001", "1", Scale.LOGARITHMIC),
        ("0.1", "1", Scale.LINEAR),
        ("0", "1000", Scale.LINEAR),
        ("-1", "1000", Scale.LINEAR),
    ],
)
def test_auto_scaling_is_logarithmic_over_orders_of_magnitude(
    ctx: Context, low: str, high: str, scale: Scale
) -> None:
    [parameter] = definitions_of(request(**continuous(low, high)))[0].space()

    assert getattr(parameter, "scale", None) is scale


def test_the_description_has_the_hyperparameter_that_the_sdk_looks_for(ctx: Context) -> None:
    record = made(ctx)

    static = record["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static == {"epochs": "9", "_tuning_objective_metric": "loss"}


def test_the_first_instance_that_fits_is_chosen(ctx: Context) -> None:
    choices = [{"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}]
    record = made(
        ctx,
        TrainingJobDefinition__ResourceConfig=None,
        TrainingJobDefinition__HyperParameterTuningResourceConfig={"InstanceConfigs": choices},
    )

    assert record["TrainingJobDefinition"]["ResourceConfig"] == choices[0]


def test_autotune_makes_ranges_around_hints(ctx: Context) -> None:
    hints = {"lr": "0.001", "width": "64", "dropout": "0.3", "fast": "true", "name": "adam", "shift": "-2.5"}
    auto = [{"Name": name, "ValueHint": hint} for name, hint in hints.items()]
    record = made(ctx, ParameterRanges={"AutoParameters": auto}, Autotune={"Mode": "Enabled"})

    space = {parameter.name: parameter for parameter in definitions_of(record)[0].space()}

    assert [space["lr"].at(unit) for unit in (0, 1)] == [pytest.approx(1e-5), pytest.approx(0.1)]
    assert [space["width"].at(unit) for unit in (0, 1)] == [6, 640]
    assert [space["dropout"].at(unit) for unit in (0, 1)] == [0.0, 1.0]
    assert {space["fast"].at(unit) for unit in (0, 1)} == {"true", "false"}
    assert space["name"].at(0.5) == "adam"
    assert [space["shift"].at(unit) for unit in (0, 1)] == [-25.0, 2.5]
    for name, hint in hints.items():
        assert space[name].read(hint) is not None


def test_a_parent_has_to_be_there_to_have_ended_and_to_be_alike(ctx: Context) -> None:
    def child(kind: str = "IdenticalDataAndAlgorithm", *parents: str, **changes: Any) -> Document:
        named = [{"HyperParameterTuningJobName": parent} for parent in parents or ("parent",)]
        config = {"ParentHyperParameterTuningJobs": named, "WarmStartType": kind}
        return made(ctx, HyperParameterTuningJobName="child", WarmStartConfig=config, **changes)

    with pytest.raises(NotFound, match="no hyper parameter tuning job 'parent'"):
        child()
    made(ctx, HyperParameterTuningJobName="parent")
    with pytest.raises(ValidationError, match="parent is InProgress"):
        child()
    ended = {"HyperParameterTuningJobStatus": "Completed"}
    ctx.records.update(KIND_NAME, "parent", ended, status="Completed")
    with pytest.raises(ValidationError, match="names a tuning job twice"):
        child("TransferLearning", "parent", "parent")
    with pytest.raises(ValidationError, match=r"TrainingImage of parent is .*, not 'other'"):
        child(TrainingJobDefinition__AlgorithmSpecification__TrainingImage="other")
    with pytest.raises(ValidationError, match="has another Type"):
        child(HyperParameterTuningJobObjective={"Type": "Maximize", "MetricName": "loss"})
    assert child("TransferLearning")["_Parents"] == [{"Name": "parent", "Trials": [], "Best": None}]


@pytest.mark.parametrize(
    "hint", ["1e308", "-1e308", "1e-320", "nan", "inf", "9" * 300, "", "0", "-0.0", "-7"]
)
def test_a_hint_at_the_limits_of_numbers_is_a_value_of_its_range(hint: str) -> None:
    parameter = range_around("rate", hint)

    assert parameter.read(hint) is not None
    for unit in (0.0, 0.5, 1.0):
        assert parameter.read(spelled(parameter.at(unit))) == parameter.at(unit)
