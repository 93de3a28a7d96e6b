"""Compiled models and CUDA graphs, inside which no tensor can be read."""

from __future__ import annotations

import re
import sys
from typing import Any

_COMPILED = re.compile(r"(^|\.)_orig_mod(?=\.|$)")


def without_compiled_parts(path: str) -> str:
    """A module's path without the parts that ``torch.compile`` adds to it."""
    return _COMPILED.sub("", path).lstrip(".") if "_orig_mod" in path else path


def enter_eager(torch: Any) -> Any:
    """Makes compiled models run uncompiled. Returns the entered context; None if nothing can be compiled."""
    compiler = getattr(torch, "compiler", None)
    if "torch._dynamo.eval_frame" not in sys.modules or not hasattr(compiler, "set_stance"):
        return None
    assert compiler is not None
    stance = compiler.set_stance("force_eager")
    stance.__enter__()
    return stance


def is_capturing_graph(torch: Any) -> bool:
    """Whether the current CUDA stream is recorded to a graph. Nothing may be copied from it meanwhile."""
    return bool(torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing())
