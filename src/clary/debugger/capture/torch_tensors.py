"""Copies torch tensors for the recorder: one copy each, without waiting for a device.

A tensor of a GPU is copied to pinned memory in the stream that computes it, so that later changes come after
the copy. One event per stream and step shows when all its copies are complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .plan import Want

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .recorder import Recorder

_RAW = Want(raw=True)


class TensorCopier:
    """Saves tensors in a recorder. Autograd may call it from its own threads while the training waits."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._streams: dict[Any, Any] = {}
        names = ("float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "bool")
        self._numpy = {getattr(torch, name): np.dtype(name) for name in names}
        self._numpy[torch.complex64] = np.dtype("complex64")
        self._numpy[torch.complex128] = np.dtype("complex128")

    def save(self, recorder: Recorder, name: str, want: Want, tensor: Any) -> None:
        """Saves what ``want`` asks for of the tensor's present value, in the order of its stream."""
        tensor = self._plain(tensor)
        if tensor is None:
            return
        for reduction in want.reductions:
            value = self._reduce(tensor, reduction.name, reduction.absolute)
            reduction_name = recorder.reduction_name(name, reduction.name, reduction.absolute)
            self._copy(recorder, reduction_name, _RAW, value)
        if want.raw:
            self._copy(recorder, name, want, tensor)
        if want.shape:
            recorder.shape(name, want, tensor.shape)

    def events(self) -> Copies | None:
        """The copies from devices since the last call; None when there were none."""
        if not self._streams:
            return None
        streams, self._streams = list(self._streams.values()), {}
        return Copies([stream.record_event() for stream in streams])

    def to_numpy(self, value: Any) -> Any:
        """Converts any value to a numpy array. Waits for the device if it is a tensor of one."""
        if not isinstance(value, self._torch.Tensor):
            return np.asarray(value)
        tensor = self._plain(value)
        if tensor is None:
            return np.empty(0)
        return tensor.to("cpu", self._written(tensor.dtype)).numpy()

    def _plain(self, tensor: Any) -> Any | None:
        """A dense tensor without gradient and wrappers; None if it has no data (meta, empty, functorch)."""
        torch = self._torch
        tensor = tensor.detach()
        if tensor.is_meta or tensor.numel() == 0 or torch._C._functorch.is_functorch_wrapped_tensor(tensor):
            return None
        if type(tensor) is torch.Tensor:
            if tensor.layout is torch.strided and not tensor.is_quantized and not tensor.is_complex():
                return tensor
        elif hasattr(tensor, "to_local"):
            tensor = tensor.to_local()  # this process's part of a sharded tensor
        if tensor.is_sparse or tensor.layout is not torch.strided:
            tensor = tensor.to_dense()
        if tensor.is_quantized:
            tensor = tensor.dequantize()
        return tensor.resolve_conj().resolve_neg() if tensor.is_complex() else tensor

    def _copy(self, recorder: Recorder, name: str, want: Want, tensor: Any) -> None:
        torch = self._torch
        dtype = self._written(tensor.dtype)
        if tensor.device.type == "cpu":
            slot = recorder.slot(name, want, tensor.shape, self._numpy[dtype])
            torch.from_numpy(slot).copy_(tensor)
        elif tensor.device.type == "cuda":
            pinned = torch.empty(tensor.shape, dtype=dtype, pin_memory=True)
            pinned.copy_(tensor, non_blocking=True)
            stream = torch.cuda.current_stream(tensor.device)
            self._streams[(tensor.device, stream.cuda_stream)] = stream
            recorder.add(name, want, pinned.numpy())
        else:
            recorder.add(name, want, tensor.to("cpu", dtype).numpy())

    def _written(self, dtype: Any) -> Any:
        """The type that is written: bfloat16 and smaller floats become float32."""
        return dtype if dtype in self._numpy else self._torch.float32

    def _reduce(self, tensor: Any, name: str, absolute: bool) -> Any:
        """Computes a reduction as smdebug does for torch: sample std and variance, norms of all elements."""
        torch = self._torch
        if tensor.dtype is torch.bool or (not tensor.is_floating_point() and not tensor.is_complex()):
            tensor = tensor.float()
        elif tensor.dtype in (torch.bfloat16, torch.float16) or tensor.element_size() == 1:
            tensor = tensor.float()
        if absolute:
            tensor = tensor.abs()
        if name in ("l1", "l2"):
            return torch.linalg.vector_norm(tensor, ord=int(name[1]))
        if name in ("std", "variance"):
            return getattr(tensor, "std" if name == "std" else "var")(unbiased=tensor.numel() > 1)
        return getattr(tensor, name)()


def tensors_in(value: Any, tensor_class: Any) -> Iterator[Any]:
    """The tensors in nested tuples, lists and dictionaries, in order."""
    if isinstance(value, tensor_class):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors_in(item, tensor_class)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item, tensor_class)


class Copies:
    """Copies from devices that may still be running."""

    def __init__(self, events: list[Any]) -> None:
        self._events = events

    def query(self) -> bool:
        """Whether all are complete."""
        return all(event.query() for event in self._events)

    def synchronize(self) -> None:
        """Waits until all are complete."""
        for event in self._events:
            event.synchronize()
