"""Tensor files as smdebug knows them: what they look like, and the writer that makes them beside a training.

    <root>/collections/000000000/<worker>_collections.json   after the first saved step, and when it changes
           events/<step>/<step>_<worker>.tfevents            the tensors of one step of one worker
           index/<step // 1000>/<step>_<worker>.json         where each lies; makes the step visible
           training_job_end.ts                               nothing more will come

Everything here runs inside other people's Python: 3.8 syntax, the standard library and numpy, no exception
that a training loop would see. Reading is in ``clary.debugger.trial``.

What a hook does with it:

    writer = TensorWriter(root, worker="worker_0", num_workers=1)
    writer.set_collections({"losses": Collection("losses", include_regex=("loss",))})

    if writer.ready():                          # waits for room; False: this step is dropped, copy nothing
        snapshot = writer.empty(shape, dtype)   # memory that is used again once it was written
        snapshot[...] = value                   # the one copy there is
        writer.write(step, Mode.TRAIN, mode_step, [(name, snapshot), ...])   # True when it was handed over
    ...
    writer.close()                              # by itself at exit; writer.report() says what was lost

``write`` takes any numpy array and owns it from then on: it must not change until ``flush`` or ``close``.
One call carries all tensors of one global step. Reductions are tensors named by
``reduction_tensor_name(name, "mean", absolute=True)``, computed with ``reduce``.
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
