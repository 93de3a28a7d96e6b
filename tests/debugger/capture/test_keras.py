from __future__ import annotations

import pytest
from tests.debugger.capture.conftest import DEFAULT, Run, python_of


@pytest.fixture(scope="module", params=["2.21", "2.13"])
def tensorflow(request: pytest.FixtureRequest) -> str:
    return python_of("environments/envs", f"tensorflow-training-{request.param}")


LAYERS = {"first/inputs", "first/outputs", "second/inputs", "second/outputs", "model_input", "predictions"}
PARAMETERS = {
    "weights/first/kernel:0", "weights/second/bias:0", "gradients/first/kernelGrad",
    "gradients/second/biasGrad",
}  # fmt: skip


def test_fit_shows_everything_though_it_runs_as_a_graph(tensorflow: str, run: Run) -> None:
    trial = run(tensorflow, "keras_loop.py").trial

    assert list(trial.steps("TRAIN")) == [0, 2, 4]
    assert list(trial.steps("EVAL")) == [0]
    assert {*LAYERS, *PARAMETERS, "loss", "accuracy", "labels"} <= set(trial.tensor_names())
    assert trial.tensor("first/outputs").value(2).shape == (4, 16)


@pytest.mark.parametrize("arguments", [(), ("function",)], ids=["fit", "function"])
def test_a_training_ends_where_it_would_without_a_hook(
    arguments: tuple[str, ...], tensorflow: str, run: Run
) -> None:
    bare = run(tensorflow, "keras_loop.py", *arguments, hook=None)

    hooked = run(tensorflow, "keras_loop.py", *arguments)

    assert hooked.last_weight == pytest.approx(bare.last_weight, rel=1e-5)


def test_a_loop_with_a_tape_is_captured(tensorflow: str, run: Run) -> None:
    trial = run(tensorflow, "keras_loop.py", "tape").trial

    assert list(trial.steps("TRAIN")) == [0, 2, 4]
    assert {*LAYERS, *PARAMETERS, "loss"} <= set(trial.tensor_names())


def test_a_compiled_loop_is_seen_from_its_second_step(tensorflow: str, run: Run) -> None:
    trial = run(tensorflow, "keras_loop.py", "function").trial

    assert list(trial.steps("TRAIN")) == [0, 2, 4]
    assert list(trial.tensor("weights/first/kernel:0").steps()) == [0, 2, 4]
    assert list(trial.tensor("first/outputs").steps()) == [2, 4]


def test_by_default_losses_and_metrics_are_saved(tensorflow: str, run: Run) -> None:
    trial = run(tensorflow, "keras_loop.py", hook=DEFAULT).trial

    assert set(trial.tensor_names()) == {"loss", "accuracy"}
