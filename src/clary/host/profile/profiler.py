"""The profile of one host, from the start of the user's process to the end of the job."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..client.service import ServiceError
from ..notes import note_exception
from .lines import LineFormat
from .machine import Machine
from .minutes import Minutes
from .processes import JobProcesses
from .sampler import Sampler
from .settings import interval_s_of
from .upload import FOLDER, ProfileUpload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from clary.domain.hosts import HostSpec

    from ..client.objects import ObjectSource
    from .readings import Source
    from .settings import ProfileSettings


FOLLOW_EVERY_S = 2.0


class Profiler:
    def __init__(
        self,
        settings: ProfileSettings,
        spec: HostSpec,
        ml: Path,
        source: ObjectSource,
        say: Callable[[str], object],
    ) -> None:
        """ml: the host's /opt/ml. source: used by this profile alone. say: writes into the job's log."""
        self._settings = settings
        self._spec = spec
        self._minutes = Minutes(spec.host_name)
        self._machine: Machine | None = None
        self._sampler: Sampler | None = None
        self._stopped = threading.Event()
        self._upload = ProfileUpload(settings.uri, self._minutes, ml, source, say)
        if settings.left_out:
            say(
                f"Clary: ProfilingParameters: {', '.join(settings.left_out)} is not recorded; step times and "
                "the use of the machine are. For operators use the framework's own profiler."
            )

    def variables(self, ml: str) -> dict[str, str]:
        """Returns the variables that make the user's process record step times. ml: its path of /opt/ml."""
        return {
            "CLARY_STEP_TIMES": f"{ml}/{FOLDER}",
            "SMPROFILER_CONFIG_PATH": f"{ml}/input/config/profilerconfig.json",
        }

    def start(self, pid: int) -> None:
        """Starts the sampler. pid: the process from which all processes of the job descend."""
        spec = self._spec
        self._machine = Machine()
        sources: list[Source] = [
            self._machine,
            JobProcesses(pid, cpus=spec.cpus, memory_bytes=spec.memory_bytes),
        ]
        if spec.gpus:
            from .gpu import find_gpus

            gpus = find_gpus()
            sources += [gpus] if gpus is not None else []
        self._sampler = Sampler(
            sources,
            LineFormat(spec.host_name),
            self._minutes,
            interval_s=self._settings.interval_s,
            on_trouble=note_exception,
        )
        self._sampler.start()
        self._upload.start()

    def follow(self, ask: Callable[[], Mapping[str, Any] | None]) -> None:
        """Applies later changes of UpdateTrainingJob: the interval, and whether to sample at all.

        ask: returns the job's ProfilerConfig. A ServiceError of it ends the polling.
        """
        threading.Thread(target=self._follow, args=(ask,), name="profile settings", daemon=True).start()

    def _follow(self, ask: Callable[[], Mapping[str, Any] | None]) -> None:
        while not self._stopped.wait(FOLLOW_EVERY_S):
            try:
                config = ask() or {}
            except ServiceError:
                return
            if self._sampler is not None:
                off = not config or bool(config.get("DisableProfiler"))
                self._sampler.follow(interval_s=interval_s_of(config), paused=off)

    def stop(self) -> None:
        """Stops the sampler, because the user's process has ended."""
        self._stopped.set()
        if self._sampler is not None and self._machine is not None:
            self._sampler.stop()
            self._machine.close()

    def finish(self) -> None:
        """Returns when everything is uploaded, or can't be uploaded. Raises nothing."""
        self.stop()
        self._upload.finish()
