from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.capture.conftest import DEFAULT, EVERYTHING, KERAS_2, KERAS_3, Ran, Run, image_python


@pytest.fixture(scope="module", params=[KERAS_3, KERAS_2])
def tensorflow(request: pytest.FixtureRequest) -> str:
    return image_python(request.param)


HOOK = {
    "HookParameters": {"save_interval": "2"},
    "CollectionConfigurations": [
        *EVERYTHING["CollectionConfigurations"],
        {"CollectionName": "optimizer_variables"},
    ],
}


def hooked(run: Run, tensorflow: str, loop: str) -> Ran:
    """A run with all that a hook saves. The loop of fit predicts at its end."""
    return run(tensorflow, "keras_loop.py", "predict" if loop == "fit" else loop, hook=HOOK)


LAYERS = {"first/inputs", "first/outputs", "second/inputs", "second/outputs", "model_input", "predictions"}
PARAMETERS = {
    "weights/first/kernel:0", "weights/second/bias:0", "gradients/first/kernelGrad",
    "gradients/second/biasGrad",
}  # fmt: skip


def test_all_tensors_of_fit_are_captured_although_it_runs_as_a_graph(tensorflow: str, run: Run) -> None:
    trial = hooked(run, tensorflow, "fit").trial

    assert list(trial.steps("TRAIN")) == [0, 2, 4]
    assert list(trial.steps("EVAL")) == [0]
    assert {*LAYERS, *PARAMETERS, "loss", "accuracy", "labels"} <= set(trial.tensor_names())
    assert trial.tensor("first/outputs").value(2).shape == (4, 16)


@pytest.mark.parametrize("loop", ["fit", "function"])
def test_a_training_has_the_same_result_with_and_without_the_hook(
    loop: str, tensorflow: str, run: Run
) -> None:
    bare = run(tensorflow, "keras_loop.py", loop, hook=None)

    assert hooked(run, tensorflow, loop).last_weight == pytest.approx(bare.last_weight, rel=1e-5)


def test_a_loop_with_a_tape_is_captured(tensorflow: str, run: Run) -> None:
    trial = hooked(run, tensorflow, "tape").trial

    assert list(trial.steps("TRAIN")) == [0, 2, 4]
    assert {*LAYERS, *PARAMETERS, "loss"} <= set(trial.tensor_names())


def test_a_compiled_loop_is_captured_from_its_second_step(tensorflow: str, run: Run) -> None:
    trial = hooked(run, tensorflow, "function").trial

    assert list(trial.steps("TRAIN")) == [0, 2, 4]
    assert list(trial.tensor("weights/first/kernel:0").steps()) == [0, 2, 4]
    assert list(trial.tensor("first/outputs").steps()) == [2, 4]


def test_by_default_losses_and_metrics_are_saved(tensorflow: str, run: Run) -> None:
    trial = run(tensorflow, "keras_loop.py", hook=DEFAULT).trial

    assert set(trial.tensor_names()) == {"loss", "accuracy"}


def test_a_metric_of_the_job_has_its_first_and_its_last_value(tensorflow: str, run: Run) -> None:
    points = run(tensorflow, "keras_loop.py", hook=DEFAULT).points

    losses = [point["IterationNumber"] for point in points if point["MetricName"] == "loss_TRAIN"]
    assert len(losses) == 2
    assert losses[0] == 0 < losses[1]


def test_activations_of_all_kinds_have_the_names_that_rules_look_for(tensorflow: str, run: Run) -> None:
    expressions = {
        "relu_output": ".*relu_output",
        "relu_input": ".*relu_input",
        "saturated": ".*tanh_input|.*sigmoid_input",
        "input_sequence": ".*embedding0_input_0",
    }
    collections = [
        {"CollectionName": name, "CollectionParameters": {"include_regex": regex, "save_interval": "2"}}
        for name, regex in expressions.items()
    ]
    bare = run(tensorflow, "keras_activations.py", hook=None)

    ran = run(tensorflow, "keras_activations.py", hook={"CollectionConfigurations": collections})

    trial = ran.trial
    found = {name: set(trial.tensor_names(collection=name)) for name in expressions}
    assert found == {
        "relu_output": {"first/relu_output", "third/relu_output"},
        "relu_input": {"first/relu_input", "third/relu_input"},
        "saturated": {"second/tanh_input", "out/sigmoid_input"},
        "input_sequence": {"words/inputs"},
    }
    before, after = (trial.tensor(f"first/relu_{side}").value(2) for side in ("input", "output"))
    assert (np.maximum(before, 0) == after).all()
    assert trial.tensor("words/inputs").value(2).shape == (4, 6)
    assert ran.last_weight == pytest.approx(bare.last_weight, rel=1e-5)


def test_predict_has_steps_of_its_own(tensorflow: str, run: Run) -> None:
    trial = hooked(run, tensorflow, "fit").trial

    assert list(trial.steps("PREDICT")) == [0, 2]
    assert list(trial.tensor("predictions").steps("PREDICT")) == [0, 2]
    assert list(trial.tensor("model_input").steps("PREDICT")) == [0, 2]
    assert list(trial.tensor("loss").steps("PREDICT")) == []


@pytest.mark.parametrize("loop", ["fit", "tape", "function"])
def test_variables_of_the_optimizer_are_saved_in_training(loop: str, tensorflow: str, run: Run) -> None:
    trial = hooked(run, tensorflow, loop).trial

    names = trial.tensor_names(collection="optimizer_variables")
    (counter,) = [name for name in names if "iteration" in name]
    assert [int(trial.tensor(counter).value(step, mode="TRAIN")) for step in (0, 2, 4)] == [1, 3, 5]
    assert list(trial.tensor(counter).steps("EVAL")) == []
