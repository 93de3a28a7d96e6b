from __future__ import annotations

from typing import Any

import pytest

from clary.debugger.capture.builtin import PYTORCH, XGBOOST
from clary.debugger.capture.configuration import parse_settings
from clary.debugger.capture.plan import Plan
from clary.debugger.tensors import Mode

WEIGHT, GRADIENT, LOSS = "Net_fc.weight", "gradient/Net_fc.weight", "CrossEntropyLoss_output_0"


def plan(
    hook: dict[str, Any] | None = None, framework: Any = PYTORCH, **collections: dict[str, Any] | None
) -> Plan:
    configured = [
        {"CollectionName": name, "CollectionParameters": parameters}
        for name, parameters in collections.items()
    ]
    return Plan(parse_settings({"HookParameters": hook, "CollectionConfigurations": configured}), framework)


def steps(made: Plan, name: str, mode: Mode = Mode.TRAIN, upto: int = 30) -> list[int]:
    return [step for step in range(upto) if made.wants(name, mode, step)]


def test_by_default_losses_are_saved_every_500_steps() -> None:
    made = plan()

    assert steps(made, LOSS, upto=1001) == [0, 500, 1000]
    assert steps(made, WEIGHT, upto=1001) == []


def test_xgboost_saves_its_metrics_every_10_rounds() -> None:
    assert steps(plan(framework=XGBOOST), "train-rmse", Mode.GLOBAL) == [0, 10, 20]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"save_interval": "10"}, [0, 10, 20]),
        ({"save_steps": "1,2,3"}, [0, 1, 2, 3]),  # 0 is a multiple of 500
        ({"save_steps": "1,2,3", "start_step": "1"}, [1, 2, 3]),
        ({"save_interval": "5", "start_step": "7", "end_step": "20"}, [10, 15]),
        ({"train.save_interval": "8", "save_interval": "5"}, [0, 8, 16, 24]),
        ({"eval.save_interval": "8", "save_interval": "15"}, [0, 15]),
    ],
)
def test_a_collection_is_saved_when_its_parameters_say(
    parameters: dict[str, str], expected: list[int]
) -> None:
    assert steps(plan(weights=parameters), WEIGHT) == expected


def test_a_collection_inherits_missing_parameters_from_the_hook() -> None:
    made = plan({"save_interval": "4", "end_step": "9"}, weights={"save_interval": "3"}, biases=None)

    assert steps(made, WEIGHT) == [0, 3, 6]
    assert steps(made, "Net_fc.bias") == [0, 4, 8]


def test_gradients_are_not_saved_in_evaluation() -> None:
    made = plan({"save_interval": "1"}, gradients=None, weights=None)

    assert made.wants(GRADIENT, Mode.TRAIN, 0)
    assert not made.wants(GRADIENT, Mode.EVAL, 0)
    assert made.wants(WEIGHT, Mode.EVAL, 0)


def test_a_custom_collection_contains_what_its_expressions_match() -> None:
    made = plan(relus={"include_regex": "relu_output, fc_(in|out)put_{1,2}", "save_interval": "10"})

    assert steps(made, "layer1.relu_output_0") == [0, 10, 20]
    assert steps(made, "fc_input__0") == [0, 10, 20]
    assert steps(made, WEIGHT) == []
    assert made.collections["relus"].tensor_names == {"layer1.relu_output_0", "fc_input__0"}


@pytest.mark.parametrize("made", [plan({"save_all": "True"}), plan(all=None)], ids=["save_all", "collection"])
def test_all_means_every_tensor(made: Plan) -> None:
    assert made.wants("anything/at:all", Mode.TRAIN, 0)


def test_a_tensor_of_two_collections_is_saved_at_the_steps_of_both() -> None:
    made = plan(
        a={"include_regex": "fc", "save_interval": "10", "reductions": "mean"},
        b={"include_regex": "weight", "save_interval": "15", "reductions": "abs_max,mean"},
    )

    def words(step: int) -> list[str]:
        want = made.wants(WEIGHT, Mode.TRAIN, step)
        return [] if want is None else [str(reduction.name) for reduction in want.reductions]

    assert steps(made, WEIGHT) == [0, 10, 15, 20]
    assert (words(0), words(10), words(15)) == (["mean", "max"], ["mean"], ["max", "mean"])


@pytest.mark.parametrize(("parameter", "raw"), [({}, False), ({"save_raw_tensor": "true"}, True)])
def test_with_reductions_the_tensor_is_saved_only_when_asked(parameter: dict[str, str], raw: bool) -> None:
    want = plan(weights={"reductions": "mean", **parameter}).wants(WEIGHT, Mode.TRAIN, 0)

    assert want is not None
    assert want.raw is raw


def test_losses_are_saved_as_full_values_even_with_reductions() -> None:
    want = plan({"reductions": "mean"}).wants(LOSS, Mode.TRAIN, 0)

    assert want is not None
    assert (want.raw, want.reductions, want.metric) == (True, (), True)


def test_parameters_and_gradients_do_not_need_modules_to_be_watched() -> None:
    def needs_modules(made: Plan) -> bool:
        due = made.at(Mode.TRAIN, 0)
        assert due is not None
        return due.needs_modules

    assert not needs_modules(plan(weights=None, gradients={"save_interval": "10"}))
    assert needs_modules(plan(relus={"include_regex": "relu"}))
    assert needs_modules(plan(gradients={"include_regex": "relu"}))


@pytest.mark.parametrize(
    ("hook", "collections", "message"),
    [
        ({"save_interval": "x"}, {}, "save_interval in HookParameters is 'x'"),
        ({"save_interval": "0"}, {}, "save_interval in HookParameters is below 1"),
        ({"include_workers": "some"}, {}, "include_workers is 'some'; use one or all"),
        ({}, {"a": {"include_regex": "("}}, "include_regex in the CollectionParameters of 'a'"),
        ({}, {"a": {"include_regex": "x", "reductions": "median"}}, "'median' is not a reduction"),
        ({}, {"mine": {}}, "the collection 'mine' has no include_regex"),
    ],
)
def test_an_invalid_configuration_is_refused(
    hook: dict[str, str], collections: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        plan(hook, **collections)


def test_null_in_the_configuration_means_the_default() -> None:
    settings = parse_settings({"HookParameters": None, "CollectionConfigurations": None, "LocalPath": None})

    assert settings.local_path == "/opt/ml/output/tensors"
    assert settings.collections == ()


def test_without_a_sandbox_paths_below_opt_ml_use_the_base_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", "/hosts/1/ml")

    assert parse_settings({}).local_path == "/hosts/1/ml/output/tensors"
    assert parse_settings({"LocalPath": "/data/t"}).local_path == "/data/t"
