"""Leaves a training to smdebug's own hook where a script makes one: two hooks would write the same files.

Readers of smdebug (``create_trial``, rules) may be used in a script beside ours; they make no hook.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .hook import stand_aside

if TYPE_CHECKING:
    from .configuration import Settings


def attach(module: Any, _settings: Settings) -> None:
    """Watches the ``smdebug.core.hook`` that was just imported for hooks that a script makes."""
    original = module.BaseHook.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        stand_aside()
        original(self, *args, **kwargs)

    module.BaseHook.__init__ = __init__
