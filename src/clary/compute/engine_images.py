"""The images that the container engine of this machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.hosts import ContainerImage, EnvironmentSpec
from clary.host.container.addresses import engine_address
from clary.host.container.engine import Engine, EngineError

from .engine_load import load_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TIMEOUT_S = 10.0
_NO_ENGINE = "No container engine was found (DOCKER_HOST is not set, and no usual socket exists)."


class EngineImages:
    """Looks images up by name. Thread-safe. The engine is looked for each time: it may be started later."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """environ: has DOCKER_HOST, where that is set."""
        self._environ = environ

    def find(self, image_uri: str, reference: str = "") -> EnvironmentSpec | None:
        """Returns the environment of an image; None when the engine has none, or does not answer.

        reference: what the engine knows it by, where that is another name than the job's.
        """
        address = engine_address(self._environ)
        if not address:
            return None
        try:
            found = Engine(address, timeout_s=TIMEOUT_S).image(reference or image_uri)
        except EngineError:
            return None
        if found is None:
            return None
        config = found.get("Config") or {}
        image = ContainerImage(
            address,
            found["Id"],
            tuple(config.get("Entrypoint") or ()),
            tuple(config.get("Cmd") or ()),
            dict(word.split("=", 1) for word in config.get("Env") or () if "=" in word),
        )
        return EnvironmentSpec(image_uri, "", container=image)

    def load(self, archive: Iterable[bytes]) -> None:
        """Puts the images of an archive, as `docker save` makes it, into the engine. Raises EngineError."""
        address = engine_address(self._environ)
        if not address:
            raise EngineError(0, _NO_ENGINE)
        load_images(address, archive)

    def answers(self) -> bool:
        """Whether there is an engine, and it answers."""
        address = engine_address(self._environ)
        try:
            return bool(address) and bool(Engine(address, timeout_s=TIMEOUT_S).version())
        except EngineError:
            return False

    def has_not(self, image_uri: str) -> str:
        """Returns the sentence for a user whose image the engine does not have."""
        address = engine_address(self._environ)
        if not address:
            return _NO_ENGINE
        try:
            Engine(address, timeout_s=TIMEOUT_S).version()
        except EngineError as error:
            return f"{error.message[:1].upper()}{error.message[1:]}."
        return (
            f"The container engine at {address} has no image {image_uri!r}; `docker pull` or "
            "`docker build -t` puts it there."
        )
