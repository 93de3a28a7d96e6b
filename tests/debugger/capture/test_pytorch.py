from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.debugger.capture.comparing import differences
from tests.debugger.capture.conftest import DEFAULT, EVERYTHING, TORCH, Run, client_python, image_python

from clary.debugger.rules.selection import Selection, TensorNames
from clary.debugger.rules.tensor.dead_relu import RELU_CLASSES
from clary.debugger.trial import Trial

SMDEBUG = {
    "# HOOK": "import smdebug.pytorch as smd; hook = smd.Hook.create_from_json_file(); "
    "hook.register_module(net); hook.register_loss(criterion)  # ",
    "# MODE TRAIN": "hook.set_mode(smd.modes.TRAIN)",
    "# MODE EVAL": "hook.set_mode(smd.modes.EVAL)",
    "# END": "hook.close()",
}
REDUCED: dict[str, Any] = {
    "HookParameters": {"save_interval": "3", "reductions": "mean,std,variance,l1_norm,l2_norm,abs_max,min"},
    "CollectionConfigurations": [{"CollectionName": name} for name in ("weights", "gradients", "losses")],
}

REDUCTIONS = [
    ("mean", False), ("std", False), ("variance", False), ("l1", False), ("l2", False), ("max", True),
    ("min", False),
]  # fmt: skip


@pytest.fixture(scope="module")
def torch() -> str:
    return image_python(TORCH)


@pytest.fixture(scope="module")
def smdebug() -> str:
    return client_python("smdebug-torch")


def test_values_are_those_of_smdebug(smdebug: str, run: Run, refer: Callable[..., Trial]) -> None:
    reference = refer(smdebug, "torch_loop.py", EVERYTHING, SMDEBUG)

    ran = run(smdebug, "torch_loop.py")

    assert len(reference.tensor_names()) > 10
    assert differences(ran.trial, reference) == []


def test_reductions_are_those_of_smdebug(smdebug: str, run: Run, refer: Callable[..., Trial]) -> None:
    reference = refer(smdebug, "torch_loop.py", REDUCED, SMDEBUG)

    ran = run(smdebug, "torch_loop.py", hook=REDUCED)

    assert "gradient/Net_fc.bias" in reference.tensor_names()
    assert differences(ran.trial, reference, REDUCTIONS) == []


def test_tensors_inside_a_compiled_model_are_captured(torch: str, run: Run) -> None:
    compiled = run(torch, "torch_loop.py", "compile").trial

    value = compiled.tensor("relu_output_0").value(0)
    assert value.shape == (4, 16)
    assert (value >= 0).all()
    assert "Net_fc.weight" in compiled.tensor_names()
    assert "gradient/Net_fc.weight" in compiled.tensor_names()


@pytest.mark.parametrize("arguments", [(), ("compile",), ("checkpoint",)], ids=" ".join)
def test_a_training_has_the_same_result_with_and_without_the_hook(
    arguments: tuple[str, ...], torch: str, run: Run
) -> None:
    bare = run(torch, "torch_loop.py", *arguments, hook=None)

    hooked = run(torch, "torch_loop.py", *arguments)

    assert hooked.last_weight == pytest.approx(bare.last_weight, rel=1e-6)


def test_by_default_only_losses_are_saved(torch: str, run: Run) -> None:
    trial = run(torch, "torch_loop.py", hook=DEFAULT).trial

    assert list(trial.tensor_names()) == ["CrossEntropyLoss_output_0"]
    assert list(trial.steps("TRAIN")) == [0]
    assert list(trial.steps("EVAL")) == [0]


def test_a_step_that_saves_nothing_makes_no_extra_call_per_module(torch: str, run: Run) -> None:
    bare, hooked = (
        int(run(torch, "torch_calls.py", hook=hook).output.split()[1]) for hook in (None, DEFAULT)
    )

    assert bare > 400  # two calls for each of 200 modules
    assert hooked - bare < 60


@pytest.mark.parametrize(("kind", "name"), [("", "CrossEntropyLoss"), ("functional", "cross_entropy_loss")])
def test_a_loss_becomes_a_metric_with_its_first_and_last_value(
    torch: str, run: Run, kind: str, name: str
) -> None:
    points = run(torch, "torch_loop.py", *([kind] if kind else []), hook=DEFAULT).points

    steps = [(point["MetricName"], point["IterationNumber"]) for point in points]
    training, evaluation = f"{name}_output_0_TRAIN", "CrossEntropyLoss_output_0_EVAL"
    # The one step of the evaluation is its last one.
    assert steps == [(training, 0), (training, 5), (evaluation, 0)]
    assert points[0]["Value"] != points[1]["Value"]


def test_a_functional_loss_is_a_loss(torch: str, run: Run) -> None:
    trial = run(torch, "torch_loop.py", "functional", hook=DEFAULT).trial

    assert "cross_entropy_loss_output_0" in trial.tensor_names(collection="losses")


def test_bfloat16_is_saved_as_float32(torch: str, run: Run) -> None:
    trial = run(torch, "torch_loop.py", "bfloat16").trial

    assert trial.tensor("fc_output_0").value(0).dtype == np.float32
    assert trial.tensor("gradient/Net_fc.weight").value(0).dtype == np.float32


def test_a_checkpointed_part_is_not_taken_for_another_model(torch: str, run: Run) -> None:
    trial = run(torch, "torch_loop.py", "checkpoint").trial

    assert list(trial.steps("TRAIN")) == [0, 2, 4]
    assert not [name for name in trial.tensor_names() if name.startswith("Linear")]


def test_frozen_shared_and_several_models_are_captured(torch: str, run: Run) -> None:
    ran = run(torch, "torch_models.py")
    names = set(ran.trial.tensor_names())

    assert list(ran.trial.steps("TRAIN")) == [0, 2]
    assert {"Encoder_embed.weight", "Encoder_frozen.weight", "Decoder_first.weight"} <= names
    assert "gradient/Encoder_embed.weight" in names  # sparse in torch
    assert "gradient/Encoder_frozen.weight" not in names
    assert not any("second.weight" in name for name in names)  # it is first.weight
    assert {"Encoder_input_0", "Encoder_input_1", "Encoder_output_0", "Decoder.first_output_0"} <= names
    assert "PickyLoss_output_0" in names
    assert ran.output == ""


@pytest.mark.parametrize(
    ("which", "steps", "model", "loss"),
    [
        ("model with loss", 4, "ModelWithLoss_model.", "CrossEntropyLoss_output_0"),
        ("after a first look", 5, "ModelWithLoss_model.", "CrossEntropyLoss_output_0"),
        ("loss with a parameter", 4, "Net_", "WeightedLoss_output_0"),
        ("criterion", 4, "Net_", "Criterion_output_0"),
    ],
)
def test_models_and_losses_are_distinguished_by_their_parameters(
    which: str, steps: int, model: str, loss: str, torch: str, run: Run
) -> None:
    every = {**EVERYTHING, "HookParameters": {"save_interval": "1"}}

    trial = run(torch, "torch_with_loss.py", which, hook=every).trial

    assert list(trial.steps()) == list(range(steps))
    assert {f"{model}fc1.weight", f"gradient/{model}fc1.weight"} <= set(trial.tensor_names())
    assert loss in trial.collections["losses"].tensor_names or "Loss" in loss
    assert list(trial.tensor(loss).steps())[-1] == steps - 1


def test_the_classes_of_modules_are_saved(torch: str, run: Run) -> None:
    ran = run(torch, "torch_loop.py")

    classes = json.loads((ran.folder / "clary_modules.json").read_text())
    assert classes == {"Net": "Net", "fc": "Linear", "relu": "ReLU", "out": "Linear"}


ACTIVATIONS = {
    "relu_output": (".*relu_output", {"act_output_0", "block_relu_output_0", "Net_relu_output_0"}),
    "relu_input": (".*relu_input", {"act_input_0", "gate_input_0", "block_relu_input_0", "Net_relu_input_0"}),
    "saturated": (".*tanh_input|.*sigmoid_input", {"gate_input_0", "block_tanh_input_0"}),
    "input_image": (".*hybridsequential0_input_0", {"Net_input_0", "conv_input_0"}),
}


def test_activations_are_found_by_class_and_by_function(torch: str, run: Run) -> None:
    collections = [
        {"CollectionName": name, "CollectionParameters": {"include_regex": regex, "save_interval": "2"}}
        for name, (regex, _) in ACTIVATIONS.items()
    ]
    bare = run(torch, "torch_activations.py", hook=None)

    ran = run(torch, "torch_activations.py", hook={"CollectionConfigurations": collections})

    assert ran.output == bare.output
    for name, (_, expected) in ACTIVATIONS.items():
        assert set(ran.trial.tensor_names(collection=name)) == expected
    before = ran.trial.tensor("block_relu_input_0").value(2)
    after = ran.trial.tensor("block_relu_output_0").value(2)
    assert (before < 0).any()  # the function works in place
    assert (np.maximum(before, 0) == after).all()
    image, into_convolution = (ran.trial.tensor(name).value(2) for name in ("Net_input_0", "conv_input_0"))
    assert (image * 2 == into_convolution).all()


def relu_outputs(save_interval: int) -> dict[str, Any]:
    """The collection that the client configures for the rule DeadRelu."""
    parameters = {"include_regex": ".*relu_output", "save_interval": str(save_interval)}
    collection = {"CollectionName": "relu_output", "CollectionParameters": parameters}
    return {"CollectionConfigurations": [collection]}


def test_the_rule_finds_the_activations_that_were_saved_for_it(torch: str, run: Run) -> None:
    ran = run(torch, "torch_activations.py", hook=relu_outputs(2))

    names = TensorNames(modules=json.loads((ran.folder / "clary_modules.json").read_text()))
    rule = Selection(patterns=(".*relu_output",), classes=RELU_CLASSES)
    saved = set(ran.trial.tensor_names(collection="relu_output"))
    assert {name for name in ran.trial.tensor_names() if names.selected(rule, name)} == saved
    assert len(saved) == 3


@pytest.mark.parametrize("argument", ["compile", "checkpoint", "bfloat16"])
def test_capturing_activations_does_not_change_the_result(argument: str, torch: str, run: Run) -> None:
    bare = run(torch, "torch_loop.py", argument, hook=None)

    ran = run(torch, "torch_loop.py", argument, hook=relu_outputs(2))

    assert ran.output == bare.output
    assert set(ran.trial.tensor_names(collection="relu_output")) == {"relu_output_0"}


@pytest.mark.parametrize("workers", ["one", "all"])
def test_workers_of_a_distributed_training(workers: str, torch: str, run: Run) -> None:
    hook = {
        **EVERYTHING,
        "HookParameters": {"save_interval": "2", "include_workers": workers},
    }
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=0", "--standalone"]
    launcher = f"{Path(torch).parent}/python"

    ran = run(launcher, "launch.py", *torchrun, "torch_loop.py", "ddp", hook=hook)

    trial = ran.trial
    expected = ["worker_0", "worker_1"] if workers == "all" else ["worker_0"]
    assert sorted(trial.workers()) == expected
    weights = [trial.tensor("Net_fc.weight").value(4, worker=worker) for worker in expected]
    assert all((weight == weights[0]).all() for weight in weights)
    if workers == "all":
        inputs = [trial.tensor("Net_input_0").value(4, worker=worker) for worker in expected]
        assert (inputs[0] != inputs[1]).any()


def test_the_steps_of_a_killed_training_can_be_read(torch: str, run: Run) -> None:
    from clary.debugger.trial import open_trial

    ran = run(torch, "torch_loop.py", "die")

    assert ran.code == 9
    trial = open_trial(ran.folder)
    assert trial.tensor("Net_fc.weight").value(0).shape == (16, 8)


def test_nothing_is_loaded_without_a_configuration(torch: str, run: Run) -> None:
    ran = run(torch, "loaded.py", hook=None)

    assert ran.code == 0, ran.output
    assert ran.output.split() == []


@pytest.mark.parametrize("off", ["0", "false"])
def test_use_smdebug_turns_it_off(off: str, torch: str, run: Run) -> None:
    ran = run(torch, "loaded.py", USE_SMDEBUG=off)

    assert ran.output.split() == []
    assert not ran.folder.exists()


def test_an_invalid_configuration_is_reported_and_the_training_continues(torch: str, run: Run) -> None:
    hook = {"HookParameters": {"save_interval": "often"}}

    ran = run(torch, "torch_loop.py", hook=hook)

    assert ran.code == 0
    assert "save_interval in HookParameters is 'often'" in ran.output
    assert "last weight" in ran.output


def test_a_full_disk_ends_capture_and_not_the_training(torch: str, run: Run) -> None:
    ran = run(torch, "torch_loop.py", "full")

    assert ran.code == 0, ran.output
    assert "last weight" in ran.output
    (said,) = [line for line in ran.output.splitlines() if "Debugger" in line]
    assert "capture stopped" in said


def test_a_folder_that_can_not_be_created_is_reported_and_the_training_continues(
    torch: str, run: Run
) -> None:
    ran = run(torch, "torch_loop.py", hook={**EVERYTHING, "LocalPath": "/dev/null/tensors"})

    assert ran.code == 0, ran.output
    assert "last weight" in ran.output
    (said,) = [line for line in ran.output.splitlines() if "Debugger" in line]
    assert "making /dev/null/tensors" in said
