"""Captures a PyTorch training with any form of training loop.

    the outermost module is called   a step begins; the present values of its parameters are saved
      modules inside are called      inputs and outputs are saved, named after the path of the module
    a loss is computed               its inputs and its value: modules and functions of torch.nn
    backward                         gradients, through tensor hooks that exist for this step only

Names are smdebug's: ``Net_fc.weight``, ``gradient/Net_fc.weight``, ``conv1_output_0``,
``Net_input_0``, ``CrossEntropyLoss_output_0``. Wrappers (DDP, compiled modules) do not appear in names.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any

from ..tensors import Mode
from . import torch_calls, torch_losses
from .builtin import PYTORCH
from .guard import guarded
from .hook import Hook
from .modules_file import ModulesFile
from .torch_activations import MODULES, watcher_class
from .torch_compiled import enter_eager, is_capturing_graph, without_compiled_parts
from .torch_roots import Root, RootModules, unwrapped
from .torch_tensors import TensorCopier, tensors_in
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from .configuration import HookSettings
    from .job_metrics import TrainingMetrics
    from .recorder import Recorder


class TorchHook(Hook):
    """The hook of PyTorch.

    inside: a root module is running. watching: inputs and outputs of modules in it are saved. in_loss: a loss
    is being computed.
    """

    framework = PYTORCH

    def __init__(self, torch: Any, settings: HookSettings) -> None:
        super().__init__(settings)
        self.inside = False
        self.watching = False
        self.in_loss = False
        self._torch = torch
        self._copier = TensorCopier(torch)
        self._roots = RootModules(torch)
        self._paths: dict[int, str] = {}
        self._handles: list[Any] = []
        self._loss_seen = False
        self._loss: tuple[Any, str] | None = None
        """A weak reference to the loss of this step, and its name."""
        self.metric_of_backward = ""
        """The name of the loss on which the script calls backward; empty until it is known."""
        self.last_backward: Any = None
        self._eager: Any = None
        self._make_watcher = watcher_class(torch, self)
        self._watcher: Any = None
        self._stack: list[Any] = []
        self._modules_file = ModulesFile()

    def worker(self) -> Worker | None:
        distributed = getattr(self._torch, "distributed", None)
        if distributed is not None and distributed.is_available() and distributed.is_initialized():
            return Worker(distributed.get_rank(), distributed.get_world_size())
        if int(os.environ.get("WORLD_SIZE") or 1) > 1:
            return Worker(int(os.environ.get("RANK") or 0), int(os.environ["WORLD_SIZE"]))
        return None

    def to_numpy(self, value: Any) -> Any:
        return self._copier.to_numpy(value)

    def before_begin(self, recorder: Recorder) -> None:
        recorder.copies = self._copier.events()
        self._drop_handles()

    @guarded
    def report_last_values(self, metrics: TrainingMetrics, steps: dict[Mode, int]) -> None:
        if self.last_backward is not None:
            value = float(self.last_backward)
            metrics.add_last(self.metric_of_backward, value, Mode.TRAIN, steps[Mode.TRAIN])

    # Calls of modules

    @guarded
    def enter(self, module: Any, args: Any, kwargs: Any) -> bool:
        """Call before a module that the script itself calls. Returns whether it is a root to watch."""
        root = self._roots.root_of(module)
        if root is None:
            return False
        if root.is_loss:
            return self._enter_loss(module, args, kwargs)
        if self._roots.is_primary(module):
            self._paths = {}
            due = self.begin(Mode.TRAIN if module.training else Mode.EVAL)
            self._loss_seen = False
            if due and is_capturing_graph(self._torch):
                assert self.recorder is not None
                self.recorder.due = None
                due = False
        recorder = self.recorder
        if self.capturing and recorder is not None and recorder.due is not None:
            self._save_root(module, root, recorder)
        self.inside = True
        return True

    def leave(self) -> None:
        """Call when a root has returned or raised."""
        self.inside = self.watching = self.in_loss = False
        self.mark()
        if self._eager is not None:
            self._leave_eager()
        if self._watcher is not None:
            self._unwatch_functions()

    @guarded
    def inputs(self, module: Any, args: Any, kwargs: Any) -> None:
        """Call before a watched module: saves its inputs."""
        if self._watcher is not None:
            self._stack.append(module)
        path = self._name_of(module)
        if path:
            self._save_all(path + "_input_", (args, kwargs))
        if self._roots.is_loss(module):
            self.in_loss = True

    @guarded
    def outputs(self, module: Any, value: Any) -> None:
        """Call after a watched module: saves its outputs."""
        if self._stack:
            self._stack.pop()
        path = self._name_of(module)
        if path:
            self._save_all(path + "_output_", value)
        if self._roots.is_loss(module):
            self.in_loss = False
            self._save_loss(module._get_name(), value)

    @guarded
    def loss(self, name: str, value: Any) -> None:
        """Saves the value of a loss function."""
        self._save_loss(name, value)

    @guarded
    def backward(self, tensor: Any) -> None:
        """Call before backward. Saves the tensor as ``loss`` if the step computed no loss of torch.nn."""
        recorder = self.recorder
        if recorder is not None and recorder.due is not None and not self._loss_seen and tensor.numel() == 1:
            self._save_loss("loss", tensor)
        if self._loss is not None and self._loss[0]() is tensor:
            self.metric_of_backward = self._loss[1]

    @guarded
    def function_input(self, kind: str, value: Any) -> None:
        """Call before an activation function: saves its inputs."""
        self._save_function(kind + "_input_", value)

    @guarded
    def function_output(self, kind: str, value: Any) -> None:
        """Call after an activation function: saves its output."""
        self._save_function(kind + "_output_", value)

    @property
    def due(self) -> bool:
        """Whether the current step saves anything."""
        return self.recorder is not None and self.recorder.due is not None

    # Parameters

    def _save_root(self, module: Any, root: Root, recorder: Recorder) -> None:
        """Saves the parameters of a root, once per step, and prepares the capture of its modules."""
        assert recorder.due is not None
        inner = unwrapped(module)
        if root.saved_step != recorder.step:
            root.saved_step = recorder.step
            for path, parameter in inner.named_parameters():
                self._save_parameter(root.prefix + "_" + without_compiled_parts(path), parameter, recorder)
        if recorder.due.needs_modules or any(self._roots.is_loss(each) for each in inner.modules()):
            for path, each in inner.named_modules():
                name = root.path + without_compiled_parts(path) if path else root.prefix
                self._paths.setdefault(id(each), name)
            self.watching = True
            self._save_module_classes(inner, root, recorder)
        self._eager = enter_eager(self._torch)
        if recorder.due.needs_activations:
            watcher = self._make_watcher()
            watcher.__enter__()
            self._watcher = watcher

    def _save_parameter(self, name: str, parameter: Any, recorder: Recorder) -> None:
        due = recorder.due
        assert due is not None
        if isinstance(parameter, self._torch.nn.parameter.UninitializedTensorMixin):
            return
        want = due.wants(name)
        if want is not None:
            self._copier.save(recorder, name, want, parameter)
        if not parameter.requires_grad or recorder.mode is not Mode.TRAIN:
            return
        want = due.wants("gradient/" + name)
        if want is not None and self._torch.is_grad_enabled():
            self._handles.append(parameter.register_hook(self._gradient_saver("gradient/" + name, want)))

    def _gradient_saver(self, name: str, want: Any) -> Callable[[Any], None]:
        def save(gradient: Any) -> None:
            self._save_gradient(name, want, gradient)

        vars(save)["__torch_unserializable__"] = True  # without it, saving the model logs a warning
        return save

    @guarded
    def _save_gradient(self, name: str, want: Any, gradient: Any) -> None:
        if self.recorder is not None and gradient is not None:
            self._copier.save(self.recorder, name, want, gradient)

    def _drop_handles(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    # Names and values

    def _name_of(self, module: Any) -> str:
        return self._paths.get(id(module), "")

    def _enter_loss(self, module: Any, args: Any, kwargs: Any) -> bool:
        recorder = self.recorder
        if not self.capturing or recorder is None or recorder.due is None:
            return False
        name = module._get_name()
        self._paths[id(module)] = name
        self.inputs(module, args, kwargs)
        del self._paths[id(module)]
        self.inside = self.watching = self.in_loss = True
        return True

    def _save_loss(self, name: str, value: Any) -> None:
        self._loss_seen = True
        if "oss" not in name:
            # smdebug's expression for the collection matches "loss" only, and a class may be named Criterion.
            self.plan.assign(name + "_output_0", "losses")
        saved = self._save_all(name + "_output_", value)
        if saved and isinstance(value, self._torch.Tensor):
            self._loss = (weakref.ref(value), saved)

    def _save_all(self, prefix: str, value: Any) -> str:
        """Saves all tensors in a value. Returns the name of the last one that is due; empty: none is."""
        recorder = self.recorder
        saved = ""
        if recorder is None or recorder.due is None:
            return saved
        wants, number = recorder.due.wants, recorder.number
        for tensor in tensors_in(value, self._torch.Tensor):
            name = prefix + str(number(prefix))
            want = wants(name)
            if want is not None:
                self._copier.save(recorder, name, want, tensor)
                saved = name
        return saved

    def _save_function(self, word: str, value: Any) -> None:
        module = self._stack[-1] if self._stack else self._roots.primary
        path = self._name_of(module)
        if path and module._get_name() not in MODULES:
            self._save_all("{}_{}".format(path, word), value)

    @guarded
    def _unwatch_functions(self) -> None:
        watcher, self._watcher = self._watcher, None
        self._stack.clear()
        watcher.__exit__(None, None, None)

    def _save_module_classes(self, module: Any, root: Root, recorder: Recorder) -> None:
        classes = {
            root.path + without_compiled_parts(path) if path else root.prefix: each._get_name()
            for path, each in module.named_modules()
        }
        self._modules_file.add(recorder, classes)

    @guarded
    def _leave_eager(self) -> None:
        stance, self._eager = self._eager, None
        stance.__exit__(None, None, None)


def attach(torch: Any, settings: HookSettings) -> TorchHook:
    """Hooks the imported torch."""
    hook = TorchHook(torch, settings)
    torch_calls.patch(torch, hook)
    torch_losses.patch(torch, hook)
    return hook
