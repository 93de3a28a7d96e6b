from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.debugger.capture.comparing import differences
from tests.debugger.capture.conftest import EVERYTHING, Run, client_python

from clary.debugger.trial import Trial

SMDEBUG = {
    "# HOOK": "from smdebug.mxnet import Hook; from smdebug import modes; "
    "hook = Hook.create_from_json_file(); hook.register_block(net); hook.register_block(criterion); "
    "hook.set_mode(modes.TRAIN)  # ",
    "# END": "hook.close()",
}


@pytest.fixture(scope="module")
def smdebug() -> str:
    return client_python("smdebug-mxnet")


@pytest.mark.parametrize("arguments", [(), ("hybrid",)], ids=["imperative", "hybridized"])
def test_values_are_those_of_smdebug(
    arguments: tuple[str, ...], smdebug: str, run: Run, refer: Callable[..., Trial]
) -> None:
    reference = refer(smdebug, "gluon_loop.py", EVERYTHING, SMDEBUG)

    ran = run(smdebug, "gluon_loop.py", *arguments)

    assert "conv0_relu_output_0" in reference.tensor_names()
    assert "hybridsequential0_input_0" in reference.tensor_names()
    assert differences(ran.trial, reference) == []


def test_the_classes_of_blocks_are_saved(smdebug: str, run: Run) -> None:
    ran = run(smdebug, "gluon_loop.py", "hybrid")

    classes = json.loads((ran.folder / "clary_modules.json").read_text())
    assert classes["conv0"] == "Conv2D"
    assert classes["hybridsequential0"] == "hybridsequential0"  # the outermost
