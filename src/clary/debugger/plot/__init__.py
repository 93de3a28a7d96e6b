"""Draws a network in three dimensions: its layers in order, and the activations of one sample at each step.

plot = tensor_plot(open_trial("tensors"))       # as the last expression of a notebook cell, it is displayed
plot.save_html("network.html")                  # one self-contained page

picture  decides which tensors are drawn, in what order and shape: ``network_picture``, pure values
frame    the values of one step and sample, as bytes
view     passes both to the drawing code, in a notebook widget or a page; the drawing code is in studio/
"""

from __future__ import annotations

from .errors import NoNotebook, NothingToDraw, TooLarge
from .frame import Frames
from .picture import Picture, PictureLayer, PictureStep, network_picture
from .tiles import Kind, Tiles
from .view import TensorPlot, tensor_plot

__all__ = [
    "Frames",
    "Kind",
    "NoNotebook",
    "NothingToDraw",
    "Picture",
    "PictureLayer",
    "PictureStep",
    "TensorPlot",
    "Tiles",
    "TooLarge",
    "network_picture",
    "tensor_plot",
]
