"""What a host is started with, its start at the backend, and what is noted of its software."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.compute.backend import BackendAway
from clary.compute.instances import with_more_memory
from clary.kinds.cluster import HostStart
from clary.kinds.hosts import Share
from clary.kinds.software import keep_packages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clary.compute.backend import Backend
    from clary.compute.capacity import HostSize, Placement
    from clary.domain.hosts import HostSpec

    from .context import ReadyImage, RunnerContext
    from .job import Job

Document = dict[str, Any]


def host_start(
    ctx: RunnerContext,
    job: Job,
    record: Document,
    host: str,
    size: HostSize | None,
    place: Placement,
    image: ReadyImage | None,
    said: Sequence[str],
    *,
    across_machines: bool,
) -> HostStart:
    """Creates the log streams of a host, with lines from before it; returns what it is started with."""
    cluster = job.kind.cluster
    assert cluster is not None
    group, streams = cluster.group_of(job.name), cluster.streams(record, job.name, host)
    now = ctx.now()
    ctx.logs.create_group(group, now, exist_ok=True)
    for stream in streams:
        ctx.logs.create_stream(group, stream, now, exist_ok=True)
    if said:
        ctx.logs.append(group, streams[0], [(int(now * 1000), line) for line in said], now, steady=True)
    share = Share(1, 0, 0)
    if size is not None:
        larger = with_more_memory(size.memory_bytes)
        share = Share(size.cpus, size.memory_bytes, size.gpus, larger)
    return HostStart(
        share,
        environment=None if image is None else image.environment,
        algorithm="" if image is None else image.algorithm,
        credentials=ctx.agent_credentials(cluster.agent(job.kind.record_kind, job.name, host)),
        log_stream=streams[0],
        log_position=ctx.logs.stream(group, streams[0]).event_count,
        address=place.address,
        interface=place.interface,
        across_machines=across_machines,
        gpu_ids=place.gpu_ids,
        kept=record.get("_Kept", {}).get("Ids", {}).get(host, ""),
    )


def note_software(ctx: RunnerContext, image: ReadyImage | None) -> Document:
    """The changes that tell which software a record runs. Keeps the list of its packages."""
    if image is None:
        return {}
    packages = keep_packages(ctx.logs, image.environment.name, image.packages, ctx.now())
    return {"_Software": image.software, "_Environment": packages}


async def launch_hosts(
    backend: Backend, specs: Mapping[str, HostSpec], ids: Mapping[str, str], starts: Mapping[str, HostStart]
) -> dict[str, str]:
    """Launches hosts, each on its node; returns their handles. Raises BackendAway when none was started."""
    handles: dict[str, str] = {}
    for host, given in specs.items():
        spec = replace(given, gpu_ids=starts[host].gpu_ids)
        try:
            handles[host] = await backend.launch(ids[host], spec, node=starts[host].address)
        except BackendAway:
            if not handles:
                raise
            # Others of the cluster run: this one counts as started, and is found to be lost.
            handles[host] = ids[host]
    return handles


def launched_one_by_one(
    record: Document, starts: Mapping[str, HostStart], hosts: Iterable[str], now: float
) -> Document:
    """The members of a record that say when and where each of its hosts was started last."""
    names = list(hosts)
    addresses = {name: starts[name].address for name in names}
    return {
        "_LaunchedAt": {**record.get("_LaunchedAt", {}), **dict.fromkeys(names, now)},
        "_Addresses": {**record.get("_Addresses", {}), **addresses},
    }
