"""inference.py of the network that ``training/mxnet_digits.py`` exports; the rest are defaults."""

import os

import mxnet


def model_fn(model_dir):
    path = os.path.join(model_dir, "model")
    return mxnet.gluon.SymbolBlock.imports(f"{path}-symbol.json", ["data"], f"{path}-0000.params")
