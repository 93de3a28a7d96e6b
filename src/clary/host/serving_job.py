"""What hosts that serve a model have in common: its staging, its server and the health of that.

The server is the one that the user brings, or Clary's program for the serving contract of the image
(``host/injected/serving``). Both listen on the host's own address.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from clary.domain.hosts import Outcome, Phase, ServingSpec

from .beneath import Place, resolve_beneath
from .bounds.usage import memory_below
from .container.command import image_command
from .container.helper import sockets_of
from .container.loopback import publish
from .container.model_door import serve_models
from .container.models import MODELS_INSIDE, ContainerModels
from .container.relay import relay
from .errors import ClientError
from .health import HealthCheck
from .inputs.model_data import MODEL_CODE, fetch_archive_beneath, provide_code, stage_models
from .layout import INJECTED
from .model_content import model_content
from .notes import note
from .result.result import Result, serving_result
from .sandbox.view import Mount
from .serving_address import free_address
from .serving_models import ModelLoader
from .time_limit import time_limit
from .user_job import Program
from .user_process.variables import variables_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.domain.hosts import ContainerImage, EnvironmentSpec, FrontSpec

    from .agent import Agent
    from .client.objects import ObjectSource
    from .container.relay import Acceptor
    from .user_process.process import Ended
    from .user_process.setup import UserProcessSetup

FOLDERS = ("model", "models", "code", "input/data", "output/metrics/sagemaker")
CONFIG_FOLDER = "input/config"
MULTI_MODEL = "MultiModel"
MODEL_INSIDE = "/opt/ml/model"
SERVE = ("serve",)
"""What SageMaker runs an image with to serve."""
FRONT_INSIDE = "/opt/clary/front"


class ServingJob:
    """A UserJob: a server that runs until the host is stopped."""

    phase: str | None = None
    metric_definitions: Sequence[tuple[str, str]] = ()

    def __init__(self, agent: Agent, setup: UserProcessSetup) -> None:
        self._agent = agent
        self._spec = agent.spec
        self._workload = self._serving_spec()
        self._address = (self._spec.hosts[self._spec.host_name], self._workload.port)
        self._layout = agent.layout
        self._setup = setup
        self._mounts: list[Mount] = []
        self._code = Place(agent.layout.ml, MODEL_CODE)
        self._health: HealthCheck | None = None
        self._loader: ModelLoader | None = None
        self._models: ContainerModels | None = None
        self._published: Acceptor | None = None
        self._ill = ""

    def _serving_spec(self) -> ServingSpec:
        assert isinstance(self._spec.workload, ServingSpec)
        return self._spec.workload

    # Data in

    def stage(self, source: ObjectSource) -> EnvironmentSpec:
        for text in self._spec.notes:
            self._agent.say(f"Clary: {text}")
        if self._workload.mode == MULTI_MODEL and self._spec.environment.container is not None:
            self._models = self._container_models(source.fork())
        elif self._workload.mode == MULTI_MODEL:
            self._loader = ModelLoader(self._workload.models, self._layout, source.fork())
        else:
            limit_s = self._workload.download_timeout_s
            late = f"The model was not downloaded within {limit_s} s, its ModelDataDownloadTimeoutInSeconds."
            with time_limit(limit_s, self._agent.switch, late):
                self._mounts += stage_models(self._agent, self._workload, source, private=self._setup.private)
            self._agent.model_content = self._model_content()
        self._code, environment = provide_code(self._agent, source)
        return environment

    def _container_models(self, source: ObjectSource) -> ContainerModels:
        folder = self._layout.channels / "models"
        folder.mkdir(parents=True, exist_ok=True)
        self._mounts.append(Mount(str(folder), MODELS_INSIDE))
        return ContainerModels(
            self._workload.models,
            folder,
            lambda uri, inside: fetch_archive_beneath(uri, folder, inside, self._layout.work, source),
            disk_bytes=self._spec.disk_bytes,
            memory_bytes=self._spec.memory_bytes,
            say=self._agent.say,
        )

    def _model_content(self) -> str:
        """Identifies the model, also where it lies in a folder apart that is mounted over its place."""
        for mount in self._mounts:
            if mount.target == MODEL_INSIDE:
                apart = Path(mount.source)
                return model_content(apart.parent, apart.name)
        return model_content(self._layout.ml, "model")

    # The server

    def program(self, environment: EnvironmentSpec) -> Program:
        if self._workload.may_move:
            self._address = free_address(self._address, self._agent.host)
        self._agent.address = "{}:{}".format(*self._address)
        if environment.container is not None:
            return self._of_an_image(environment, environment.container)
        front = self._spec.environment.front
        own_place: tuple[str, int, int] | None = None
        if front is not None and not self._workload.entrypoint:
            command = [f"{environment.prefix}/bin/python", "-s", "-m", "clary_serving"]
            more = {
                "CLARY_SERVING": self._spec.environment.serving,
                "CLARY_FRONT_PYTHON": front.python,
                "CLARY_FRONT_PATH": self._front_path(front),
            }
        else:
            command = self._own_server(environment)
            more = {"CLARY_OWN_ADDRESS": f"{self._agent.address}/{self._workload.port}"}
            own_place = (*self._address, self._workload.port)
        variables = variables_of(
            self._spec, environment, self._setup.paths, noun="", more={**self._variables(), **more}
        )
        if "CLARY_SERVING" in more:
            variables["PYTHONPATH"] = f"{variables['PYTHONPATH']}:{self._setup.paths.serving}"
        return Program(command, variables, str(self._layout.ml / "code"), self._mounts, own_place)

    def _of_an_image(self, environment: EnvironmentSpec, image: ContainerImage) -> Program:
        """The server of an image of the user, in a network of its own: it may listen on every address."""
        command = image_command(image, self._workload.entrypoint, self._workload.arguments, SERVE)
        own = {"SAGEMAKER_BIND_TO_HOST": "0.0.0.0", "SAGEMAKER_BIND_TO_PORT": str(self._workload.port)}
        variables = variables_of(
            self._spec, environment, self._setup.paths, noun="", more={**self._variables(), **own}
        )
        return Program(command, variables, "/", self._mounts)

    def _front_path(self, front: FrontSpec) -> str:
        """Returns where the front finds its packages. In a sandbox they, and its Python, are mounted."""
        if not self._setup.private:
            return os.pathsep.join(dict.fromkeys(os.path.dirname(package) for package in front.packages))
        self._mounts.append(Mount(str(INJECTED / "serving"), self._setup.paths.serving))
        self._mounts += [Mount(folder, folder) for folder in front.readable]
        self._mounts += [
            Mount(package, f"{FRONT_INSIDE}/{os.path.basename(package)}") for package in front.packages
        ]
        return FRONT_INSIDE

    def _own_server(self, environment: EnvironmentSpec) -> list[str]:
        """Returns the command of a server that the user brings. Raises ClientError when there is none."""
        if self._workload.entrypoint:
            return [*self._workload.entrypoint, *self._workload.arguments]
        code = self._inside(self._code)
        script = self._spec.variables.get("SAGEMAKER_PROGRAM") or "serve.py"
        if resolve_beneath(self._code.path, "serve") is not None:
            return [f"{code}/serve", *self._workload.arguments]
        if resolve_beneath(self._code.path, script) is not None:
            return [f"{environment.prefix}/bin/python", f"{code}/{script}", *self._workload.arguments]
        raise ClientError(
            f"The image {environment.name} serves nothing by itself, and the model brings no server. Give "
            "the model a code/serve (a program), or a code/serve.py, that answers GET /ping and "
            "POST /invocations on port $SAGEMAKER_BIND_TO_PORT; or use an image such as pytorch-inference."
        )

    def _variables(self) -> Mapping[str, str]:
        host, port = self._address
        model = f"{self._setup.paths.ml}/model"
        return {
            "SAGEMAKER_BIND_TO_HOST": host,
            "SAGEMAKER_BIND_TO_PORT": str(port),
            "SAGEMAKER_MULTI_MODEL": "true" if self._workload.mode == MULTI_MODEL else "false",
            "SM_MODEL_DIR": model,
            "CLARY_CODE": self._inside(self._code),
            "CLARY_MEMORY_BYTES": str(self._spec.memory_bytes),
        }

    def _inside(self, place: Place) -> str:
        """The path of a folder below /opt/ml as the server sees it."""
        return f"{self._setup.paths.ml}/{place.relative}"

    def started(self, pid: int) -> None:
        if self._loader is not None:
            self._loader.start()
        if self._spec.environment.container is not None:
            self._publish(pid)
        self._health = HealthCheck(
            self._address,
            timeout_s=self._workload.startup_timeout_s,
            on_healthy=self._on_healthy,
            on_ill=self._on_ill,
        )
        self._health.start()

    def _publish(self, pid: int) -> None:
        try:
            inside = sockets_of(self._spec, self._layout.host, pid)
            connect = partial(inside.connected, self._workload.port)
            serve = partial(relay, connect=connect)
            if self._models is not None:
                timeout_s = self._workload.startup_timeout_s
                self._models.serve(connect, partial(memory_below, pid), timeout_s=timeout_s)
                serve = partial(serve_models, models=self._models, connect=connect)
            self._published = publish(self._address, serve)
        except OSError as error:
            note(f"the server of the container is not reached: {error}")  # the health check says so too

    def _on_healthy(self) -> None:
        """Called in another thread."""
        self._agent.enter(Phase.RUNNING)

    def _on_ill(self, reason: str) -> None:
        self._ill = reason
        self._agent.switch.request()

    # The end

    def result(self, ended: Ended, command: Sequence[str]) -> Result:
        assert self._health is not None
        self._health.close()
        if not self._ill:
            return serving_result(ended, command)
        told = replace(ended, stopped=False)
        said = serving_result(told, command).reason.partition("\n")[2]
        return Result(Outcome.FAILED, f"{self._ill}\n{said}"[:1024], ended.exit_code)

    def deliver(self) -> None:
        """A server has no results."""

    def complete(self, result: Result) -> Result:
        return result

    def close(self) -> None:
        if self._health is not None:
            self._health.close()
        if self._published is not None:
            self._published.close()
        if self._loader is not None:
            self._loader.close()
