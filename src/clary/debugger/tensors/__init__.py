"""Tensor files in smdebug's format: the format, and the writer that a training process uses.

    <root>/collections/000000000/<worker>_collections.json   written with the first saved step and on change
           events/<step>/<step>_<worker>.tfevents            the tensors of one step of one worker
           index/<step // 1000>/<step>_<worker>.json         byte offsets of each; makes the step visible
           training_job_end.ts                               end marker: no more files will follow

Everything here runs inside the user's Python process. It uses 3.8 syntax, the standard library and numpy, and
it never raises an exception into a training loop. ``clary.debugger.trial`` reads the files.

How a hook uses the writer:

    writer = TensorWriter(root, worker="worker_0", num_workers=1)
    writer.set_collections({"losses": Collection("losses", include_regex=("loss",))})

    if writer.ready():                          # waits for free budget; False: the step is dropped
        snapshot = writer.empty(shape, dtype)   # an array from a pool, reused after it is written
        snapshot[...] = value                   # the only copy that is made
        writer.write(step, Mode.TRAIN, mode_step, [(name, snapshot), ...])   # True: the step is accepted
    ...
    writer.close()                              # also called at exit; writer.report() counts what was lost

``write`` takes any numpy array and owns it from then on: do not change the array until ``flush`` or ``close``
returns. One call carries all tensors of one global step. A reduction is a tensor with the name
``reduction_tensor_name(name, "mean", absolute=True)`` and a value from ``reduce``.
"""

from __future__ import annotations

from .collection import Collection, Reductions, SaveConfig
from .modes import Mode
from .reductions import reduce, reduction_tensor_name
from .report import Report
from .writer import TensorWriter

__all__ = [
    "Collection",
    "Mode",
    "Reductions",
    "Report",
    "SaveConfig",
    "TensorWriter",
    "reduce",
    "reduction_tensor_name",
]
