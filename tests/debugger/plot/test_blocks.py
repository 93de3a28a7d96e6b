from __future__ import annotations

from clary.debugger.plot.blocks import Block, blocks

STAGE = [
    f"{block}.{layer}_output_0" for block in range(2) for layer in ("conv1", "bn1", "relu", "conv2", "bn2")
]
RESNET = [
    "conv1_output_0",
    "bn1_output_0",
    *(f"layer{stage}.{each}" for stage in (1, 2) for each in STAGE),
    "fc_output_0",
]


def test_a_deep_network_folds_into_the_parts_of_its_model() -> None:
    assert blocks(RESNET) == (Block("layer1", 2, 11), Block("layer2", 12, 21))


def test_a_part_with_nearly_all_layers_is_no_block() -> None:
    assert blocks([f"model.{name}" for name in RESNET]) == (
        Block("model.layer1", 2, 11),
        Block("model.layer2", 12, 21),
    )


def test_names_of_keras_have_parts_too() -> None:
    names = [f"stage{stage}/conv{number}/outputs" for stage in (1, 2) for number in range(12)]

    assert blocks(names) == (Block("stage1", 0, 11), Block("stage2", 12, 23))


def test_prefixes_of_gluon_are_parts() -> None:
    stages = [
        f"resnetv10_stage{stage}_{layer}{number}_output_0"
        for stage in (1, 2)
        for number in range(4)
        for layer in ("conv", "batchnorm", "activation")
    ]
    names = ["resnetv10_conv0_output_0", "resnetv10_relu0_output_0", *stages, "resnetv10_dense0_output_0"]

    assert blocks(names) == (Block("resnetv10_stage1", 2, 13), Block("resnetv10_stage2", 14, 25))


def test_underscores_in_names_of_pytorch_are_no_parts() -> None:
    names = [f"body_{stage}.down_{number}_output_0" for stage in (1, 2) for number in range(12)]

    assert blocks(names) == (Block("body_1", 0, 11), Block("body_2", 12, 23))


def test_a_small_network_is_not_folded() -> None:
    assert blocks(RESNET[:12]) == ()
    assert blocks([f"layer{number}_output_0" for number in range(40)]) == ()
