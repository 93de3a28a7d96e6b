"""A host that serves a model until it is stopped.

    Starting ── Downloading ── Running ── Uploading ── Done
                                  └ GET /ping was answered with 200 for the first time

SIGTERM lets the requests in flight end. What it does is in ``host/serving_job.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.hosts import ServingSpec

from ..serving_job import CONFIG_FOLDER, FOLDERS, ServingJob
from ..user_job import run_user_job
from .workload import Workload

if TYPE_CHECKING:
    from clary.domain.hosts import HostSpec

    from ..layout import Layout
    from ..result.result import Result
    from ..stop import StopSwitch


def run(spec: HostSpec, layout: Layout, switch: StopSwitch) -> Result:
    return run_user_job(spec, layout, switch, ServingJob)


WORKLOAD = Workload(ServingSpec, FOLDERS, CONFIG_FOLDER, run)
