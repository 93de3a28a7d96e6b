"""Captures a Gluon training, hybridized or not.

    the outermost block is called   a step begins; the parameters and gradients of the step before are saved,
                                    with the values that the trainer left
      blocks inside are called      inputs and outputs are saved, named after the block
    a loss block is called          its inputs and its value (one number per sample) are saved

Names are smdebug's: ``conv0_weight``, ``gradient/conv0_weight``, ``conv0_relu_output_0``,
``hybridsequential0_input_0``, ``softmaxcrossentropyloss0_output_0``.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any

from ..tensors import Mode
from .builtin import MXNET
from .guard import guarded
from .hook import Hook
from .modules_file import ModulesFile
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .configuration import HookSettings
    from .recorder import Recorder


class MXNetHook(Hook):
    """The hook of MXNet. inside: a root block is running. watching: blocks inside it are saved.

    A root is a block that the script itself calls.
    """

    framework = MXNET
    flat_norms = True

    def __init__(self, mxnet: Any, settings: HookSettings) -> None:
        super().__init__(settings)
        self.inside = False
        self.watching = False
        self._mxnet = mxnet
        self._primary: Any = None
        self._roots: weakref.WeakSet[Any] = weakref.WeakSet()
        self._others: weakref.WeakSet[Any] = weakref.WeakSet()
        self._called: list[Any] = []
        self._deactivated: list[Any] = []
        self._modules_file = ModulesFile()

    def worker(self) -> Worker | None:
        workers = int(os.environ.get("OMPI_COMM_WORLD_SIZE") or os.environ.get("DMLC_NUM_WORKER") or 1)
        if workers == 1:
            return None
        return Worker(
            int(os.environ.get("OMPI_COMM_WORLD_RANK") or os.environ.get("DMLC_RANK") or 0), workers
        )

    def to_numpy(self, value: Any) -> Any:
        return value.asnumpy() if isinstance(value, self._mxnet.nd.NDArray) else super().to_numpy(value)

    def before_begin(self, recorder: Recorder) -> None:
        if recorder.due is not None:
            for block in self._called:
                self._save_parameters(block, recorder)
        self._called.clear()

    # Calls of blocks

    @guarded
    def enter(self, block: Any) -> bool:
        """Call before a block that the script itself calls. Returns whether it is a root or a loss."""
        if isinstance(block, self._mxnet.gluon.loss.Loss):
            self.inside = True
            self.watching = self._due
            return True
        if block not in self._roots and (block in self._others or not self._new_root(block)):
            return False
        if block is self._primary:
            self.begin(Mode.TRAIN if self._mxnet.autograd.is_training() else Mode.EVAL)
        self.inside = True
        recorder = self.recorder
        if self.capturing and recorder is not None and recorder.due is not None:
            self._called.append(block)
            if recorder.due.needs_modules:
                self.watching = True
                self._deactivate(block)
                self._modules_file.add(recorder, dict(_classes(block), **{block.name: block.name}))
        return True

    def leave(self) -> None:
        """Call when a root has returned or raised."""
        self.inside = self.watching = False
        self.mark()
        for block in self._deactivated:
            block._active = True
        self._deactivated.clear()

    @guarded
    def save(self, name: str, value: Any) -> None:
        """Saves the inputs or outputs of a block. name: of the tensors, without their number."""
        recorder = self.recorder
        if recorder is None or recorder.due is None:
            return
        for array in _arrays_in(value, self._mxnet.nd.NDArray):
            numbered = "{}{}".format(name, recorder.number(name))
            want = recorder.due.wants(numbered)
            if want is not None:
                recorder.save(numbered, want, array.asnumpy())

    @property
    def _due(self) -> bool:
        return self.capturing and self.recorder is not None and self.recorder.due is not None

    def _new_root(self, block: Any) -> bool:
        learns = any(parameter.grad_req != "null" for parameter in block.collect_params().values())
        part = any(block in set(_blocks(root)) for root in self._roots)
        if not learns or part:
            self._others.add(block)  # a transform of data, or a part of a model that is called separately
            return False
        if self._primary is None or self._primary in set(_blocks(block)):
            self._primary = block
        self._roots.add(block)
        return True

    def _deactivate(self, block: Any) -> None:
        """Makes hybridized blocks run as Python in this step: tensors inside a graph can't be read."""
        for each in _blocks(block):
            if getattr(each, "_active", False):
                each._active = False
                self._deactivated.append(each)

    def _save_parameters(self, block: Any, recorder: Recorder) -> None:
        due = recorder.due
        assert due is not None
        for parameter in block.collect_params().values():
            if parameter._data is None:
                continue  # not initialized yet: its shape is unknown
            context = parameter.list_ctx()[0]
            want = due.wants(parameter.name)
            if want is not None:
                recorder.save(parameter.name, want, parameter.data(context).asnumpy())
            if parameter.grad_req == "null" or recorder.mode is not Mode.TRAIN:
                continue
            want = due.wants("gradient/" + parameter.name)
            if want is not None:
                gradient = parameter.grad(context)
                if gradient.stype != "default":
                    gradient = gradient.tostype("default")
                recorder.save("gradient/" + parameter.name, want, gradient.asnumpy())


def attach(mxnet: Any, settings: HookSettings) -> MXNetHook:
    """Hooks the imported mxnet."""
    hook = MXNetHook(mxnet, settings)
    original = mxnet.gluon.block.Block.__call__

    def __call__(self: Any, *args: Any) -> Any:
        if hook.inside:
            return watched(self, args) if hook.watching else original(self, *args)
        if not hook.active or not hook.enter(self):
            return original(self, *args)
        try:
            return watched(self, args) if hook.watching else original(self, *args)
        finally:
            hook.leave()

    def watched(block: Any, args: Any) -> Any:
        # Save the inputs after the call, as smdebug does: a block may work in place.
        value = original(block, *args)
        hook.save(block.name + "_input_", args)
        hook.save(block.name + "_output_", value)
        return value

    mxnet.gluon.block.Block.__call__ = __call__
    return hook


def _blocks(block: Any) -> Iterator[Any]:
    yield block
    for child in block._children.values():
        yield from _blocks(child)


def _classes(block: Any) -> dict[str, str]:
    return {each.name: type(each).__name__ for each in _blocks(block)}


def _arrays_in(value: Any, array_class: Any) -> Iterator[Any]:
    if isinstance(value, array_class):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _arrays_in(item, array_class)
