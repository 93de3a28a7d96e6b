"""The one patch that every call of a module passes through.

outside of a model   the hook is asked whether a step begins
  inside it          at a step that saves nothing: straight on, by no more Python calls than without a hook
                     at a step that is saved: inputs, the call, outputs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pytorch import TorchHook

_NAMES_OF_STANDARD_CALL = ("_compiled_call_impl", "_call_impl")


def watch(torch: Any, hook: TorchHook) -> None:
    original = torch.nn.Module.__call__
    is_tracing = torch._C._get_tracing_state
    # What torch 2 has there only chooses between two methods. Choosing here saves one Python call a module,
    # the one that this patch costs. Where somebody else has patched it too, theirs is called.
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
