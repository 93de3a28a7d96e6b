"""A network as a picture: its layers in order, what each unit said to one sample, step by step.

plot = tensor_plot(open_trial("tensors"))       # shows itself at the end of a notebook's cell
plot.save_html("network.html")                  # one page that needs nothing else

picture  which tensors are drawn, in what order and shape: ``network_picture``, pure values
frame    the values of one step and sample, as bytes
view     both for whoever draws: a notebook's widget or a page; the drawing itself is studio/
"""

from __future__ import annotations

from .errors import NoNotebook, NothingToDraw, TooLarge
from .frame import Frames
from .picture import Layer, Moment, Picture, network_picture
from .tiles import Kind, Tiles
from .view import TensorPlot, tensor_plot

__all__ = [
    "Frames",
    "Kind",
    "Layer",
    "Moment",
    "NoNotebook",
    "NothingToDraw",
    "Picture",
    "TensorPlot",
    "Tiles",
    "TooLarge",
    "network_picture",
    "tensor_plot",
]
