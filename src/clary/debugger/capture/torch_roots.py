"""Recognizes the root modules of a PyTorch training: the models and losses that the script itself calls.

The first call of a module decides what it is:

    a loss       a class of torch.nn, or a class that is named like a loss and is not the model
    a model      it has parameters that need gradients, and it is not part of a model that is known already
    neither      a part of a known model, called again by checkpointing for example; or nothing to train

The primary root is the model whose calls count as steps: the first one, or the one that contains it.
"""

from __future__ import annotations

import re
import weakref
from typing import Any

_WRAPPERS = ("DistributedDataParallel", "DataParallel", "FullyShardedDataParallel", "OptimizedModule")
_LOSS_NAME = re.compile(r"([Ll]oss|[Cc]riterion)$")


class Root:
    """A module that the script itself calls.

    prefix: begins the names of its parameters. path: begins the paths of the modules inside it; empty for the
    first model, so that its names are smdebug's. saved_step: the last step that saved its parameters.
    """

    def __init__(self, prefix: str, path: str, *, is_loss: bool = False) -> None:
        self.prefix = prefix
        self.path = path
        self.is_loss = is_loss
        self.saved_step = -1


class RootModules:
    """All root modules that were called so far. Keeps none of them alive."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self.primary: Any = None
        self._roots: weakref.WeakKeyDictionary[Any, Root] = weakref.WeakKeyDictionary()
        self._others: weakref.WeakSet[Any] = weakref.WeakSet()

    def root_of(self, module: Any) -> Root | None:
        """The root that a called module is; None when it is neither a model nor a loss."""
        root = self._roots.get(module)
        if root is not None or module in self._others:
            return root
        root = self._new_root(module)
        if root is None:
            self._others.add(module)
        else:
            self._roots[module] = root
        return root

    def is_primary(self, module: Any) -> bool:
        """Whether the module is the primary root, with or without wrappers."""
        return module is self.primary or unwrapped(module) is unwrapped(self.primary)

    def is_loss(self, module: Any) -> bool:
        """Whether the module is one of torch's losses, or a root that computes a loss."""
        if isinstance(module, self._torch.nn.modules.loss._Loss):
            return True
        root = self._roots.get(module)
        return root is not None and root.is_loss

    def _new_root(self, module: Any) -> Root | None:
        inner = unwrapped(module)
        if self._computes_a_loss(inner):
            return Root("", "", is_loss=True)
        part = any(unwrapped(root) is not inner and inner in set(root.modules()) for root in self._roots)
        if part or not any(parameter.requires_grad for parameter in module.parameters()):
            return None
        first = self.primary is None or unwrapped(self.primary) in set(inner.modules())
        if first:
            self.primary = module
        same = [root for root in self._roots if unwrapped(root) is inner]
        return self._roots[same[0]] if same else self._named_root(inner, first)

    def _computes_a_loss(self, module: Any) -> bool:
        # A class that is named like a loss and has parameters is the model when it contains the model
        # (ModelWithLoss), or when no model was called before it: a loss that has parameters gets the output
        # of a model.
        if isinstance(module, self._torch.nn.modules.loss._Loss):
            return True
        if not _LOSS_NAME.search(module._get_name()):
            return False
        if not any(parameter.requires_grad for parameter in module.parameters()):
            return True
        return self.primary is not None and unwrapped(self.primary) not in set(module.modules())

    def _named_root(self, inner: Any, first: bool) -> Root:
        name = inner._get_name()
        taken = {root.prefix for root in self._roots.values()}
        prefix, number = name, 0
        while prefix in taken and not first:
            number += 1
            prefix = "{}_{}".format(name, number)
        return Root(prefix, "" if first else prefix + ".")


def unwrapped(module: Any) -> Any:
    """The user's own module inside wrappers: DDP, FSDP, compiled modules."""
    while type(module).__name__ in _WRAPPERS:
        inner = getattr(module, "_orig_mod", None) or getattr(module, "module", None)
        if inner is None:
            return module
        module = inner
    return module
