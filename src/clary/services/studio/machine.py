"""What the machine has, what jobs take of it, and how full its disk is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._request import require

if TYPE_CHECKING:
    from clary.services.context import Context, Document


def describe_machine(ctx: Context, request: dict[str, object]) -> Document:
    """CPUs (vCPUs), memory and disk (bytes), GPUs: of the machine, and what running jobs take of them.

    Whoever may list the training jobs may see it: nothing in it names a job.
    """
    require(ctx, "sagemaker:ListTrainingJobs", "*")
    use = ctx.machines.use()
    return {
        "Cpus": use.cpus,
        "UsedCpus": use.used_cpus,
        "MemoryBytes": use.memory_bytes,
        "UsedMemoryBytes": use.used_memory_bytes,
        "Gpus": use.gpus,
        "UsedGpus": use.used_gpus,
        "Running": use.running,
        "Waiting": use.waiting,
        "Disk": {
            "TotalBytes": use.disk.total_bytes,
            "FreeBytes": use.disk.free_bytes,
            "Parts": [
                {"Name": name, "Bytes": size, "IsWhole": is_whole}
                for name, (size, is_whole) in use.disk.parts.items()
            ],
        },
    }
