"""The notebook widget: the drawing code asks for frames, and the kernel answers with their bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .document import document
from .errors import NoNotebook

if TYPE_CHECKING:
    from .frame import Frames
    from .picture import Picture

DRAWING = Path(__file__).parent / "drawing/network-view.js"


def network_widget(picture: Picture, frames: Frames, *, sample: int, height_px: int) -> Any:
    """An anywidget, which works in JupyterLab, Jupyter Notebook, VS Code and Colab. Raises NoNotebook."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise NoNotebook(
            f"showing a picture in a notebook needs {error.name}: pip install clary[notebook]; "
            "save_html(path) writes a page without it"
        ) from error

    class NetworkWidget(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        _esm = DRAWING
        picture = traitlets.Dict().tag(sync=True)
        height_px = traitlets.Int().tag(sync=True)

    widget = NetworkWidget(picture=document(picture, sample=sample), height_px=height_px)

    def reply(_: Any, asked: dict[str, Any], __: Any) -> None:
        if asked.get("kind") != "frame":
            return
        try:
            content = frames.frame(int(asked["step"]), int(asked["sample"]))
        except Exception as error:
            # Send the error to the picture, which shows it. The kernel would print it to its own log.
            widget.send({"kind": "failed", "id": asked.get("id"), "why": f"{type(error).__name__}: {error}"})
        else:
            widget.send({"kind": "frame", "id": asked.get("id")}, [content])

    widget.on_msg(reply)
    return widget
