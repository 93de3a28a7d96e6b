"""Patches the losses of ``torch.nn.functional``, and ``backward``, which shows losses of any other kind."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pytorch import TorchHook

FUNCTIONS = (
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "cross_entropy",
    "ctc_loss", "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss",
    "linear_cross_entropy", "margin_ranking_loss", "mse_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "nll_loss", "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
    "triplet_margin_loss", "triplet_margin_with_distance_loss",
)  # fmt: skip


def patch(torch: Any, hook: TorchHook) -> None:
    """Installs the patches. They stay for the life of the process."""
    functional = torch.nn.functional
    for name in FUNCTIONS:
        if hasattr(functional, name):
            setattr(functional, name, _patched(torch, hook, getattr(functional, name), tensor_name(name)))
    _patch_backward(torch, hook)


def tensor_name(function: str) -> str:
    """``cross_entropy_loss`` for ``cross_entropy``, so that the expression of ``losses`` matches it."""
    return function if function.endswith("_loss") else function + "_loss"


def _patched(torch: Any, hook: TorchHook, original: Any, name: str) -> Any:
    @functools.wraps(original)
    def loss(*args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling() or not hook.due or hook.in_loss:
            return original(*args, **kwargs)
        hook.in_loss = True  # one loss function may call another: save the outer one only
        try:
            value = original(*args, **kwargs)
        finally:
            hook.in_loss = False
        hook.loss(name, value)
        return value

    return loss


def _patch_backward(torch: Any, hook: TorchHook) -> None:
    original = torch.Tensor.backward

    @functools.wraps(original)
    def backward(self: Any, *args: Any, **kwargs: Any) -> Any:
        if hook.due:
            hook.backward(self)
        if hook.metric_of_backward:
            hook.last_backward = self.detach()
        value = original(self, *args, **kwargs)
        hook.mark()
        return value

    torch.Tensor.backward = backward
