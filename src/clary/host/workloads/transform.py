"""An instance of a batch transform: the server of a model, and the records of stored objects sent to it.

    Starting ── Downloading ── Running ── Uploading ── Done
                                  └ the server is healthy: objects are transformed, one after the other

The server runs in the sandbox; what sends to it, here. Each object's answers are uploaded when they are
complete. When all objects are, or one fails, the server is stopped.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from clary.domain.hosts import Outcome, TransformSpec

from ..errors import ClientError, out_of_space
from ..health import ping
from ..notes import note_exception
from ..result.result import Result
from ..serving_job import CONFIG_FOLDER, FOLDERS, ServingJob
from ..transform.sender import ModelServer
from ..transform.transform import ModelFailed, Transform
from ..user_job import run_user_job
from .workload import Workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.domain.hosts import EnvironmentSpec, HostSpec, ServingSpec

    from ..client.objects import ObjectSource
    from ..client.service import Service
    from ..layout import Layout
    from ..stop import StopSwitch
    from ..user_process.process import Ended

LOOK_EVERY_S = 0.1


def run(spec: HostSpec, layout: Layout, switch: StopSwitch) -> Result:
    return run_user_job(spec, layout, switch, _TransformJob)


WORKLOAD = Workload(TransformSpec, FOLDERS, CONFIG_FOLDER, run)


class _TransformJob(ServingJob):
    """A UserJob."""

    _source: ObjectSource
    _outcome: Result | None = None
    _asking: Service | None = None
    _stopping = False

    def _serving_spec(self) -> ServingSpec:
        return self._transform.serving

    @property
    def _transform(self) -> TransformSpec:
        assert isinstance(self._spec.workload, TransformSpec)
        return self._spec.workload

    def stage(self, source: ObjectSource) -> EnvironmentSpec:
        environment = super().stage(source)
        self._source = source.fork()
        return environment

    def _variables(self) -> Mapping[str, str]:
        spec = self._transform
        limit = (
            {} if spec.payload_bytes is None else {"SAGEMAKER_MAX_PAYLOAD_IN_MB": spec.payload_bytes >> 20}
        )
        more = {} if spec.concurrency is None else {"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": spec.concurrency}
        strategy = "SINGLE_RECORD" if spec.one_record else "MULTI_RECORD"
        return {
            **super()._variables(),
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": strategy,
            **{name: str(value) for name, value in {**limit, **more}.items()},
        }

    def _on_healthy(self) -> None:
        super()._on_healthy()
        threading.Thread(target=self._run, name="transform", daemon=True).start()

    def _run(self) -> None:
        self._outcome = self._result_of_all()
        self._agent.switch.request()

    def _result_of_all(self) -> Result:
        try:
            Transform(
                self._transform,
                self._server(self._others()),
                self._source,
                self._layout.work,
                self._agent.say,
                lambda: self._stopping or self._agent.switch.requested,
            ).run()
        except ClientError as error:
            return self._failed(Outcome.CLIENT_ERROR, f"ClientError: {error}")
        except ModelFailed as error:
            return self._failed(Outcome.FAILED, f"AlgorithmError: {error}")
        except OSError as error:
            if out_of_space(error):
                return self._failed(
                    Outcome.CLIENT_ERROR,
                    "ClientError: No space left on device while the data is transformed.",
                )
            note_exception(error)
            return Result(Outcome.INTERNAL_ERROR, f"InternalServerError: the transform failed: {error}")
        except Exception as error:
            note_exception(error)
            return Result(Outcome.INTERNAL_ERROR, f"InternalServerError: the transform failed: {error!r}")
        return Result(Outcome.SUCCEEDED, exit_code=0)

    def _failed(self, outcome: str, reason: str) -> Result:
        self._agent.say(f"Clary: {reason}")
        return Result(outcome, reason[:1024])

    def _server(self, others: Sequence[tuple[str, int]]) -> ModelServer:
        spec = self._transform
        return ModelServer(
            [self._address, *others], spec.content_type, spec.accept, spec.timeout_s, spec.retries
        )

    def _others(self) -> list[tuple[str, int]]:
        """Waits for the other containers of a pipeline; returns where they listen.

        When one can't start, the job ends all hosts.
        """
        until = time.monotonic() + self._transform.serving.startup_timeout_s
        found: list[tuple[str, int]] = []
        for name in self._transform.further:
            while (address := self._where(name)) is None or ping(address) != 200:
                if self._stopping:
                    return found
                if time.monotonic() > until:
                    raise ClientError(f"The container {name} of the pipeline does not answer GET /ping")
                time.sleep(LOOK_EVERY_S)
            found.append(address)
        return found

    def _where(self, name: str) -> tuple[str, int] | None:
        """Returns the address of another container's server; None while it is not known."""
        if not self._transform.asks_where:
            return self._spec.hosts[name], self._transform.serving.port
        if self._asking is None:
            self._asking = self._agent.service()
        answer = self._asking.operation("GetHostAddresses", {"Host": self._agent.host})
        host, _, port = answer["Addresses"].get(name, "").rpartition(":")
        return (host, int(port)) if port else None

    def result(self, ended: Ended, command: Sequence[str]) -> Result:
        self._stopping = True
        if self._outcome is not None and ended.stopped:
            return replace(self._outcome, exit_code=ended.exit_code)
        return super().result(ended, command)
