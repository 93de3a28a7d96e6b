"""What pages read of a job's tensors: numbers as numpy computes them, for who may read the objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.services.studio.debugger.trials import STEPS, Trained, write_trial

from clary.debugger.tensors import Mode, TensorWriter
from clary.debugger.trial import open_trial
from clary.domain.errors import BadRequest, Denied, NotFound


def test_the_overview_counts_what_was_captured(trained: Trained) -> None:
    found = trained.ask("DescribeCaptured")

    assert found["Uri"] == "s3://digits/tensors/cnn/debug-output/"
    assert found["Ended"]
    assert [step["Step"] for step in found["Steps"]] == list(range(STEPS))
    assert {mode["Mode"]: mode["StepCount"] for mode in found["Modes"]} == {"TRAIN": 9, "EVAL": 3}
    assert [worker["Worker"] for worker in found["Workers"]] == ["worker_0", "worker_1"]
    assert all(worker["StepFiles"] == STEPS for worker in found["Workers"])
    assert found["TensorCount"] == 9
    collections = {each["Name"]: each["TensorCount"] for each in found["Collections"]}
    assert collections["losses"] == 1
    assert collections["weights"] == 2


def test_a_job_that_has_saved_nothing_yet_has_zero_of_all(empty: Trained) -> None:
    found = empty.ask("DescribeCaptured")

    assert (found["StepCount"], found["TensorCount"], found["Workers"], found["Ended"]) == (0, 0, [], False)
    assert empty.ask("ListTensorNames") == {"Names": [], "Count": 0}


def test_what_an_earlier_job_of_the_same_name_has_saved_is_not_shown(
    trained: Trained, tmp_path: Path
) -> None:
    ctx = trained.ctx
    ctx.records.update("training-job", trained.job, {"CreationTime": ctx.now() + 60.0})

    again = trained.as_caller(now=lambda: ctx.now() + 61.0)
    assert again.ask("DescribeCaptured")["StepCount"] == 0
    write_trial(tmp_path / "new", steps=2, ended=False)
    again.put_folder(tmp_path / "new")

    assert [step["Step"] for step in again.ask("DescribeCaptured")["Steps"]] == [0, 1]


def test_names_are_searched_by_words_and_paged(trained: Trained) -> None:
    assert trained.ask("ListTensorNames", Search="OUTPUT relu")["Names"] == ["relu_output_0"]
    assert trained.ask("ListTensorNames", Collection="weights")["Names"] == ["conv.weight", "fc.weight"]

    page = trained.ask("ListTensorNames", Start=2, Count=2)

    assert page == {"Names": ["broken", "conv.weight"], "Count": 9}


def test_statistics_are_those_of_the_values(trained: Trained, saved: Path) -> None:
    found = trained.ask("GetTensorSeries", Tensor="conv_output_0", Worker="worker_1")
    tensor = open_trial(saved).tensor("conv_output_0")

    assert found["Steps"] == list(range(STEPS))
    assert set(found["Workers"]) == {"worker_1"}
    for at, step in enumerate(found["Steps"]):
        value = tensor.value(step, worker="worker_1").astype(np.float64)
        assert found["Minimum"][at] == pytest.approx(value.min(), rel=1e-5)
        assert found["Maximum"][at] == pytest.approx(value.max(), rel=1e-5)
        assert found["Mean"][at] == pytest.approx(value.mean(), rel=1e-5, abs=1e-7)
        assert found["Deviation"][at] == pytest.approx(value.std(), rel=1e-5)
        assert found["Quantiles"]["p95"][at] == pytest.approx(np.quantile(value, 0.95), rel=1e-5)
    histogram = found["Histogram"]
    assert len(histogram["Edges"]) == len(histogram["Shares"][0]) + 1
    assert [sum(row) for row in histogram["Shares"]] == pytest.approx([1.0] * STEPS, abs=0.01)
    first = open_trial(saved).tensor("conv_output_0").value(0, worker="worker_1")
    right = np.histogram(first, histogram["Edges"])[0] / first.size
    assert np.abs(np.array(histogram["Shares"][0]) - right).sum() < 0.2


def test_one_mode_is_chosen(trained: Trained) -> None:
    found = trained.ask("GetTensorSeries", Tensor="fc.weight", Mode="EVAL")

    assert found["Steps"] == [3, 7, 11]
    assert found["Modes"] == ["EVAL"] * 3


def test_values_that_are_no_numbers_are_counted_and_left_out(trained: Trained) -> None:
    found = trained.ask("GetTensorSeries", Tensor="broken")

    assert found["NaN"] == [1] * STEPS
    assert found["Infinite"] == [2] * STEPS
    assert found["Maximum"] == [1.0] * STEPS
    assert found["Values"][0] == [1.0, None, None, None, 0.0]


def test_a_small_tensor_has_its_values(trained: Trained) -> None:
    found = trained.ask("GetTensorSeries", Tensor="loss_output_0", Worker="worker_0")

    assert [row[0] for row in found["Values"]] == pytest.approx([1 / (step + 1) for step in range(STEPS)])
    assert found["Histogram"] is None


def test_values_are_a_matrix_that_is_reduced(trained: Trained) -> None:
    whole = trained.ask("GetTensorValues", Tensor="fc.weight", Step=2)
    part = trained.ask("GetTensorValues", Tensor="fc.weight", Step=2, Rows=[5, 7], Columns=[0, 3])
    mean = trained.ask("GetTensorValues", Tensor="fc.weight", Step=0, Most=10)
    highest = trained.ask("GetTensorValues", Tensor="fc.weight", Step=0, Most=10, Reduce="max")

    weight = np.arange(600).reshape(20, 30)
    assert np.array_equal(whole["Values"], weight + 2)
    assert part["Values"] == [[152, 153, 154], [182, 183, 184]]
    blocks = weight.reshape(10, 2, 10, 3)
    assert np.allclose(mean["Values"], blocks.mean(axis=(1, 3)))
    assert np.array_equal(highest["Values"], blocks.max(axis=(1, 3)))
    assert (mean["BlockRows"], mean["BlockColumns"]) == (2, 3)


def test_a_tensor_of_many_axes_is_cut_or_laid_out(trained: Trained, saved: Path) -> None:
    laid_out = trained.ask("GetTensorValues", Tensor="conv.weight", Step=1)
    cut = trained.ask("GetTensorValues", Tensor="conv.weight", Step=1, Index=[4, 0])

    value = open_trial(saved).tensor("conv.weight").value(1)
    assert np.allclose(laid_out["Values"], value.reshape(6, 9), rtol=1e-4)
    assert np.allclose(cut["Values"], value[4, 0], rtol=1e-4)
    with pytest.raises(BadRequest, match=r"each of the first 2 axes of \[6, 1, 3, 3\]"):
        trained.ask("GetTensorValues", Tensor="conv.weight", Step=1, Index=[6, 0])


def test_a_job_that_still_trains_is_followed(empty: Trained, tmp_path: Path) -> None:
    for steps in (2, 5):
        write_trial(tmp_path / str(steps), steps=steps, ended=steps == 5)
        empty.put_folder(tmp_path / str(steps))

        found = empty.ask("GetTensorSeries", Tensor="fc.weight")

        assert found["Steps"] == list(range(steps))
        assert found["Ended"] == (steps == 5)


def test_the_network_is_a_picture_and_frames(trained: Trained) -> None:
    answer = trained.ask("GetNetworkPicture")
    picture = answer["Picture"]
    frames = [
        trained.ask("GetNetworkFrame", Step=2, Sample=sample, Basis=answer["Basis"]) for sample in (-1, 0, 1)
    ]

    assert [layer["name"] for layer in picture["layers"]] == [
        "Net_input_0",
        "conv_output_0",
        "relu_output_0",
        "fc_output_0",
    ]
    assert [step["step"] for step in picture["steps"]] == list(range(STEPS))
    assert picture["samples"] == [-1, 0, 1, 2, 3]
    heads = [json.loads(frame[4 : 4 + int.from_bytes(frame[:4], "little")]) for frame in frames]
    assert [head["sample"] for head in heads] == [-1, 0, 1]
    assert heads[0]["predicted"] is None
    assert heads[1]["predicted"] is not None
    values = [np.frombuffer(frame[-2 * picture["size"] :], "<f2") for frame in frames]
    assert not np.array_equal(values[1], values[2])


def test_a_job_without_outputs_of_layers_has_no_picture(empty: Trained, tmp_path: Path) -> None:
    writer = TensorWriter(str(tmp_path), "worker_0", 1, end_marker=True, on_sigterm=False)
    writer.write(0, Mode.TRAIN, 0, [("fc.weight", np.ones(3, np.float32))])
    writer.close()
    empty.put_folder(tmp_path)

    nothing = empty.ask("GetNetworkPicture")

    assert nothing["Nothing"].startswith("no outputs of layers were saved")
    assert nothing["Ended"]


def test_a_layer_that_is_not_there_has_no_picture(trained: Trained) -> None:
    nothing = trained.ask("GetNetworkPicture", Contains="attention")

    assert nothing["Nothing"].startswith("no complete step has a matching activation")
    assert "Picture" not in nothing


def test_the_mean_of_the_batch_is_its_mean(trained: Trained, saved: Path) -> None:
    picture = trained.ask("GetNetworkPicture", Contains="CONV")
    frame = trained.ask("GetNetworkFrame", Step=2, Sample=-1, Contains="CONV", Basis=picture["Basis"])

    conv = open_trial(saved).tensor("conv_output_0").value(2, worker="worker_0")
    layer = picture["Picture"]["layers"][-1]
    values = np.frombuffer(frame[-2 * picture["Picture"]["size"] :], "<f2")[layer["offset"] :]
    assert np.allclose(values, conv.mean(axis=0).reshape(-1), atol=1e-3)


def test_who_may_not_describe_the_job_or_read_an_object_is_told(trained: Trained) -> None:
    def ask(allowed: Any) -> None:
        trained.as_caller(may=allowed).ask("GetTensorSeries", Tensor="fc.weight")

    with pytest.raises(Denied, match="sagemaker:DescribeTrainingJob"):
        ask(lambda action, resource: action != "sagemaker:DescribeTrainingJob")
    with pytest.raises(Denied, match="s3:GetObject"):
        ask(lambda action, resource: action != "s3:GetObject")
    # What another caller has read is not given: the right to one object is missing.
    other = trained.as_caller(
        caller=trained.ctx.caller.__class__(
            **{**_members(trained.ctx.caller), "arn": "arn:aws:iam::1:user/bo"}
        ),
        may=lambda action, resource: "/events/" not in resource,
    )
    with pytest.raises(
        Denied, match="s3:GetObject on resource: arn:aws:s3:::digits/tensors/cnn/debug-output/events/"
    ):
        other.ask("GetTensorSeries", Tensor="fc.weight")


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("GetTensorSeries", {}, "Tensor has to be a text"),
        ("GetTensorSeries", {"Tensor": "a", "Mode": "LEARN"}, "Mode has to be one of TRAIN"),
        ("GetTensorValues", {"Tensor": "a", "Step": "1"}, "Step has to be a whole number"),
        ("GetTensorValues", {"Tensor": "a", "Step": 1, "Rows": [1]}, "Rows has to be two whole numbers"),
        ("GetTensorValues", {"Tensor": "a", "Step": 1, "Index": [-1]}, "Index has to be a list"),
        ("GetTensorValues", {"Tensor": "a", "Step": 1, "Reduce": "sum"}, "Reduce has to be one of mean, max"),
        (
            "GetTensorValues",
            {"Tensor": "fc.weight", "Step": 1, "Rows": [4, 99]},
            r"Rows has to be a part of \[0, 20\]",
        ),
        ("GetNetworkPicture", {"Basis": "last"}, "Basis has to be the number of a step"),
        ("ListTensorNames", {"Count": 501}, "Count has to be a whole number from 1 to 500"),
    ],
)
def test_a_bad_request_is_told(
    trained: Trained, operation: str, request_: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        trained.ask(operation, **request_)


def test_what_is_not_there_is_named(trained: Trained) -> None:
    with pytest.raises(NotFound, match="fc was not saved"):
        trained.ask("GetTensorValues", Tensor="fc", Step=1)
    with pytest.raises(NotFound, match="step 99 was not saved"):
        trained.ask("GetTensorValues", Tensor="fc.weight", Step=99)
    assert trained.ask("GetTensorSeries", Tensor="fc")["Steps"] == []


def _members(caller: Any) -> dict[str, Any]:
    return {name: getattr(caller, name) for name in caller.__dataclass_fields__}
