"""PyTorch: TorchScript without a model_fn, tensors in and lists out, as in AWS's toolkit."""

from __future__ import annotations

import os

from .. import formats
from ..contract import Contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PRELOAD = ("numpy", "torch")
MODEL_FILE = "model.pt"
ENDINGS = (".pt", ".pth")


class TorchContract(Contract):
    def default_model(self, model_dir: str) -> Any:
        import torch  # type: ignore[import-not-found, import-untyped, unused-ignore]

        path = _model_file(model_dir)
        try:
            model = torch.jit.load(path, map_location=_device())
        except RuntimeError as error:
            raise ValueError(_not_torchscript(torch, path)) from error
        return model.to(_device())

    def default_input(self, body: Any, content_type: str) -> Any:
        import torch

        array = formats.decode(body, content_type)
        if formats.media_type(content_type) == formats.NPY:
            # As it is: the sender of NPY chose the type of its numbers.
            return torch.from_numpy(array).to(_device())
        try:
            return torch.FloatTensor(array).to(_device())
        except (TypeError, ValueError) as error:
            raise formats.RefusedRequest("The body is no tensor of numbers: {}".format(error)) from error

    def default_predict(self, data: Any, model: Any) -> Any:
        import torch

        with torch.no_grad():
            model.to(_device())
            model.eval()
            return model(data.to(_device()))

    def default_output(self, prediction: Any, accept: str) -> Any:
        import torch

        if isinstance(prediction, torch.Tensor):
            prediction = prediction.detach().cpu().numpy()
        return formats.encode_first(prediction, accept)


CONTRACT = TorchContract


def _device() -> Any:
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _model_file(model_dir: str) -> str:
    """Returns the path of the model. Raises ValueError unless there is exactly one."""
    path = os.path.join(model_dir, MODEL_FILE)
    if os.path.isfile(path):
        return path
    found = sorted(name for name in os.listdir(model_dir) if name.endswith(ENDINGS))
    if len(found) != 1:
        raise ValueError(
            "Without a model_fn in the serving script, the model's archive needs exactly one .pt or .pth "
            "file, saved with torch.jit.save. It has: {}".format(", ".join(found) or "none")
        )
    return os.path.join(model_dir, found[0])


def _not_torchscript(torch: Any, path: str) -> str:
    """Returns what to do about a file that is no TorchScript."""
    name = os.path.basename(path)
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:
        held = None
    what = "a state dict, which has no network" if isinstance(held, dict) else "no TorchScript"
    return (
        "{} is {}. Give the serving script a model_fn(model_dir) that builds the network and loads the file, "
        "or save the model with torch.jit.save(torch.jit.script(model), ...)".format(name, what)
    )
