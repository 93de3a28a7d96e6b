"""MXNet with the sagemaker SDK, as in its first tutorials."""

from __future__ import annotations

from tests.journeys.clients import Client


def test_the_arguments_of_old_tutorials_still_train(v2: Client) -> None:
    trained = v2.run("mxnet_old_names.py", timeout_s=900.0)

    assert trained["status"] == "Completed"
    assert "mxnet-training:1.6.0-cpu-py3" in trained["image"]
    assert trained["metrics"]["accuracy"] > 0.5
    assert trained["files"] == ["model-0000.params", "model-symbol.json"]
