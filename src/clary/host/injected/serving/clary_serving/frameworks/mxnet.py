"""MXNet: Modules and Gluon blocks; without a model_fn a Module from ``model-symbol.json``."""

from __future__ import annotations

import json
import os

from .. import formats
from ..contract import Contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# MXNet starts threads when it is imported.
PRELOAD = ("numpy",)
PREFIX = "model"
SHAPES_FILE = "model-shapes.json"


class MxnetContract(Contract):
    def default_model(self, model_dir: str) -> Any:
        import mxnet  # type: ignore[import-not-found, import-untyped, unused-ignore]

        try:
            with open(os.path.join(model_dir, SHAPES_FILE), encoding="utf-8") as file:
                described = json.load(file)
        except FileNotFoundError:
            raise ValueError(
                "Without a model_fn in the serving script, the model's archive needs {0}-symbol.json, "
                "{0}-0000.params and {1}. It has: {2}".format(
                    PREFIX, SHAPES_FILE, ", ".join(sorted(os.listdir(model_dir))) or "nothing"
                )
            ) from None
        symbol, arguments, auxiliary = mxnet.model.load_checkpoint(os.path.join(model_dir, PREFIX), 0)
        module = mxnet.mod.Module(
            symbol=symbol,
            context=_device(),
            data_names=[each["name"] for each in described],
            label_names=None,
        )
        shapes = [(each["name"], tuple(each["shape"])) for each in described]
        module.bind(for_training=False, data_shapes=shapes)
        module.set_params(arguments, auxiliary, allow_missing=True)
        return module

    def default_input(self, body: Any, content_type: str) -> Any:
        import mxnet

        try:
            return mxnet.nd.array(formats.decode(body, content_type), ctx=_device())
        except (TypeError, ValueError) as error:
            raise formats.RefusedRequest("The body is no array of numbers: {}".format(error)) from error

    def default_predict(self, data: Any, model: Any) -> Any:
        import mxnet

        if not isinstance(model, mxnet.module.BaseModule):
            return model(data)
        # A module has room for one batch: rows are taken through it, the last batch is filled up.
        shape = model.data_shapes[0].shape
        rows = data.reshape((-1, *shape[1:]))
        iterator = mxnet.io.NDArrayIter(rows, batch_size=shape[0], label_name=None)
        iterator.provide_data[0] = mxnet.io.DataDesc(model.data_shapes[0].name, shape)
        return model.predict(iterator)

    def default_output(self, prediction: Any, accept: str) -> Any:
        if isinstance(prediction, (list, tuple)):
            prediction = [each.asnumpy() if hasattr(each, "asnumpy") else each for each in prediction]
        elif hasattr(prediction, "asnumpy"):
            prediction = prediction.asnumpy()
        return formats.encode_first(prediction, accept)


CONTRACT = MxnetContract


def _device() -> Any:
    import mxnet

    return mxnet.gpu() if mxnet.context.num_gpus() else mxnet.cpu()
