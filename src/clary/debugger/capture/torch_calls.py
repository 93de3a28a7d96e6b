"""The patch of ``Module.__call__``, through which every call of a module goes.

outside a model   asks the hook whether a step begins
  inside it       at a step that saves nothing: calls the module with no more Python calls than without a hook
                  at a step that is saved: notifies the hook of the inputs, calls the module, then the outputs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pytorch import TorchHook

_NAMES_OF_STANDARD_CALL = ("_compiled_call_impl", "_call_impl")


def patch(torch: Any, hook: TorchHook) -> None:
    """Installs the patch. It stays for the life of the process."""
    original = torch.nn.Module.__call__
    is_tracing = torch._C._get_tracing_state
    # The original of torch 2 only selects one of two methods. Selecting it here saves one Python call per
    # module, which makes up for the call of this patch. If another library has patched the original, call
    # that patch.
    standard = getattr(getattr(original, "__code__", None), "co_names", None) == _NAMES_OF_STANDARD_CALL

    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        if hook.inside:
            if not hook.watching:
                if standard and self._compiled_call_impl is None:
                    return self._call_impl(*args, **kwargs)
                return original(self, *args, **kwargs)
            hook.inputs(self, args, kwargs)
            value = original(self, *args, **kwargs)
            hook.outputs(self, value)
            return value
        if not hook.active or is_tracing() is not None or not hook.enter(self, args, kwargs):
            return original(self, *args, **kwargs)
        try:
            if not hook.watching:
                return original(self, *args, **kwargs)
            hook.inputs(self, args, kwargs)
            value = original(self, *args, **kwargs)
            hook.outputs(self, value)
            return value
        finally:
            hook.leave()

    torch.nn.Module.__call__ = __call__
