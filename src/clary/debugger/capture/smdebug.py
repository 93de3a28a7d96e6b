"""Turns our capture off when the script creates a hook of smdebug: two hooks would write the same files.

A script may use smdebug's readers (``create_trial``, rules) together with our hook: they create no hook.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .hook import disable_capture

if TYPE_CHECKING:
    from .configuration import HookSettings


def attach(module: Any, _settings: HookSettings) -> None:
    """Patches the imported ``smdebug.core.hook``: creating a hook of it disables our capture."""
    original = module.BaseHook.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        disable_capture()
        original(self, *args, **kwargs)

    module.BaseHook.__init__ = __init__
