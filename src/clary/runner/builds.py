"""Builds environments: one build for all jobs that wait for the same image."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clary.domain.errors import PlatformError

from .reconciler import POLL_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from .context import Images, ReadyImage
    from .job import Job

TOLD = 20
"""The number of waiting jobs that are told the progress of a build."""

log = logging.getLogger("clary.runner")


@dataclass(slots=True)
class _Build:
    """jobs: those that wait for it, in the order of their requests. said: the last progress message."""

    jobs: dict[Job, None] = field(default_factory=dict)
    said: str = ""


class Builds:
    """The environments that are ready, and the builds that run. Only for the event loop's thread."""

    def __init__(
        self, images: Images, *, wake: Callable[[Job], None], say: Callable[[Job, str], None]
    ) -> None:
        """wake: called for each waiting job when its environment is ready, or its build has failed.

        say: called with the progress of a build.
        """
        self._images = images
        self._wake = wake
        self._say = say
        self._tasks: asyncio.TaskGroup | None = None
        self._ready: dict[str, ReadyImage] = {}
        self._of_job: dict[Job, dict[str, ReadyImage]] = {}
        """Images of the container engine, by job and name."""
        self._building: dict[str, _Build] = {}
        self._failed: dict[Job, dict[str, PlatformError]] = {}
        """By job and image."""

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks

    def image(self, job: Job, uri: str) -> ReadyImage | None:
        """Returns the environment, or None while it is built; the job is woken afterwards.

        Raises PlatformError once when the build has failed.
        """
        failed = self._failed.get(job, {}).pop(uri, None)
        if failed is not None:
            raise failed
        ready = self._ready.get(uri)
        if ready is None:
            ready = self._of_job.get(job, {}).get(uri)
        # An environment may be removed while the server runs.
        if ready is not None and ready.environment.container is not None:
            return ready
        if ready is not None and os.path.lexists(f"{ready.environment.prefix}/bin/python"):
            return ready
        build = self._building.get(uri)
        if build is None:
            assert self._tasks is not None
            build = self._building[uri] = _Build()
            self._tasks.create_task(self._build(uri, build), name=f"environment of {uri}")
        build.jobs[job] = None
        return None

    def leave(self, job: Job) -> None:
        """Removes a job from all builds. The builds continue for other jobs."""
        self._failed.pop(job, None)
        self._of_job.pop(job, None)
        for build in self._building.values():
            build.jobs.pop(job, None)

    async def _build(self, uri: str, build: _Build) -> None:
        def on_progress(message: str) -> None:
            if message != build.said:
                build.said = message
                for job in list(build.jobs)[:TOLD]:
                    self._say(job, message)

        try:
            ready = await self._images.ready(uri, on_progress)
            if ready.environment.container is None:
                self._ready[uri] = ready
            else:
                # Looked up for each job: its name may belong to another image tomorrow.
                for job in build.jobs:
                    self._of_job.setdefault(job, {})[uri] = ready
        except PlatformError as error:
            for job in build.jobs:
                self._failed.setdefault(job, {})[uri] = error
        except Exception:
            log.exception("the environment of %s could not be prepared; the build is repeated", uri)
            await asyncio.sleep(POLL_S)
        finally:
            del self._building[uri]
        for number, job in enumerate(build.jobs):
            self._wake(job)
            if number % 50 == 49:
                await asyncio.sleep(0)  # thousands may wait: other tasks get a turn
