from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import comm
import pytest
from PIL import Image
from tests.debugger.plot.networks import pytorch, save

from clary.debugger import tensor_plot
from clary.debugger.plot import TensorPlot

Sent = list[tuple[str, dict[str, Any], list[bytes]]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """The messages that a kernel would send."""
    messages: Sent = []

    class Recorded(comm.base_comm.BaseComm):
        def publish_msg(
            self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
        ) -> None:
            messages.append((msg_type, data, [bytes(each) for each in buffers or []]))

    monkeypatch.setattr(comm, "create_comm", Recorded)
    return messages


@pytest.fixture
def plot(tmp_path: Path) -> TensorPlot:
    return tensor_plot(save(tmp_path, pytorch(), pytorch(1)), sample=1)


def ask(plot: TensorPlot, content: dict[str, Any]) -> None:
    """Asks the widget as the drawing code does."""
    message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
    plot.widget.comm.handle_msg(message)


def test_a_widget_opens_with_the_picture_and_no_values(plot: TensorPlot, sent: Sent) -> None:
    _ = plot.widget

    kind, data, buffers = sent[-1]
    assert kind == "comm_open"
    state = data["state"]
    assert [layer["name"] for layer in state["picture"]["layers"]][:2] == ["Net_input_0", "conv1_output_0"]
    assert (state["picture"]["step"], state["picture"]["sample"]) == (1, 1)
    assert "mountNetworkView" in state["_esm"]
    assert buffers == []


def test_a_request_for_a_step_is_answered_with_its_bytes(plot: TensorPlot, sent: Sent) -> None:
    ask(plot, {"kind": "frame", "id": "a-7", "step": 0, "sample": 2})

    _, data, buffers = sent[-1]
    assert data["content"] == {"kind": "frame", "id": "a-7"}
    assert buffers == [plot.frame(0, 2)]


def test_a_request_for_an_unreadable_step_is_answered_with_the_reason(plot: TensorPlot, sent: Sent) -> None:
    ask(plot, {"kind": "frame", "id": "a-8", "step": 99, "sample": 0})

    _, data, buffers = sent[-1]
    assert data["content"]["kind"] == "failed"
    assert "step 99 was not saved" in data["content"]["why"]
    assert buffers == []


def test_other_messages_are_not_answered(plot: TensorPlot, sent: Sent) -> None:
    _ = plot.widget
    before = len(sent)

    ask(plot, {"kind": "ping"})

    assert len(sent) == before


def test_a_notebook_shows_the_widget(plot: TensorPlot, sent: Sent) -> None:
    data = plot._repr_mimebundle_()

    found = data[0] if isinstance(data, tuple) else data
    assert "application/vnd.jupyter.widget-view+json" in found


def test_a_saved_notebook_keeps_a_picture(plot: TensorPlot, sent: Sent) -> None:
    data, _ = plot._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in data
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert image.size[0] == 1000
    assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 50
