"""The cache folder of a host in a warm pool: the next host in its place finds it again."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from ..layout import Layout
from ..sandbox.view import Mount

if TYPE_CHECKING:
    from clary.domain.hosts import TrainingSpec

INSIDE = "/opt/ml/sagemaker/warmpoolcache"
VARIABLE = "SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"
"""Where the toolkit and the SDK's remote functions look for it."""


def provide_cache(workload: TrainingSpec, layout: Layout) -> Mount:
    """Takes the folder of the ended host that the spec names, or makes an empty one.

    The ended host may be gone with its machine, and a repeated start of this one has the folder already: both
    are no errors.
    """
    if workload.cache_from and not layout.cache.exists():
        ended = Layout(layout.host.parent / os.path.basename(workload.cache_from))
        with contextlib.suppress(FileNotFoundError):
            # Its agent alone could write beside the folder, so this is the folder and no link.
            os.rename(ended.cache, layout.cache)
    layout.cache.mkdir(exist_ok=True)
    return Mount(str(layout.cache), INSIDE, writable=True)
