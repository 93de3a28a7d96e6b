"""Images of ECR that jobs name, and how they come into the container engine of this machine.

    <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>     AWS's name, as scripts have it
    <address of this server>/<repository>:<tag>                     repositoryUri, as it is pushed

A tag stands for what was pushed last, whatever the engine has under the same name.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import platform
import re
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clary.compute.image_archive import Unarchivable, image_archive, loaded_name
from clary.domain.errors import BadRequest
from clary.domain.manifests import DIGEST, REPOSITORY, TAG, read_manifest
from clary.host.container.engine import EngineError
from clary.services.pushed_images import REPOSITORY as REPOSITORY_KIND
from clary.services.pushed_images import RepositoryImages

from .stored_files import stored_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.compute.engine_images import EngineImages
    from clary.domain.hosts import EnvironmentSpec
    from clary.domain.manifests import Manifest
    from clary.store.records import Records

    from .registry_server import RegistryServer

_TOLD_EVERY = 20
"""Parts of an image between two messages about its progress."""

_NAME = re.compile(
    rf"(?P<host>[^/]+)/(?P<repository>{REPOSITORY.pattern})"
    rf"(?::(?P<tag>{TAG.pattern}))?(?:@(?P<digest>{DIGEST.pattern}))?"
)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class PushedImage:
    """One image of one platform. digest: of its manifest."""

    uri: str
    repository: str
    digest: str
    manifest: Manifest

    @property
    def loaded_name(self) -> str:
        return loaded_name(self.repository, self.digest)

    @property
    def id(self) -> str:
        assert self.manifest.config is not None
        return self.manifest.config.digest


class JobImages:
    """Safe to use from any thread."""

    def __init__(
        self,
        records: Records,
        server: RegistryServer,
        *,
        account: str,
        region: str,
        ports: Callable[[], set[int]],
    ) -> None:
        """ports: those of this server."""
        self._records = records
        self._server = server
        self._account = account
        self._own = tuple(f"{account}.dkr.ecr.{region}.amazonaws.com{end}" for end in ("", ".cn"))
        self._ports = ports
        self._loading = threading.Lock()

    def find(self, image_uri: str) -> PushedImage | None:
        """Returns the image of a name; None when ECR has none. Raises BadRequest for another platform's."""
        name = self._read(image_uri)
        if name is None:
            return None
        images = RepositoryImages(self._records, self._account, name["repository"])
        tag = name["tag"] or ("" if name["digest"] else "latest")
        image = images.find(digest=name["digest"] or "", tag=tag)
        if image is None:
            return None
        manifest = read_manifest(image["_manifest"].encode(), image["imageManifestMediaType"])
        digest: str = image["imageDigest"]
        if manifest.config is None:
            digest = _of_this_platform(manifest, image_uri)
            image = images.find(digest=digest)
            if image is None:
                return None
            manifest = read_manifest(image["_manifest"].encode(), image["imageManifestMediaType"])
            if manifest.config is None:
                raise BadRequest(f"{image_uri} is an index of indexes; push an image for {_platform()}")
        return PushedImage(image_uri, name["repository"], digest, manifest)

    def repository_of(self, image_uri: str) -> str:
        """Returns the ARN of the repository that has an image; empty where none has."""
        name = self._read(image_uri)
        found = None if name is None else self._records.find(REPOSITORY_KIND, name["repository"])
        return "" if found is None else str(found["repositoryArn"])

    def has_not(self, image_uri: str) -> str:
        """Returns the sentence for a user whose image was not pushed; empty for a name that is not ECR's."""
        name = self._read(image_uri)
        if name is None:
            return ""
        if self._records.find(REPOSITORY_KIND, name["repository"]) is None:
            return (
                f"ECR has no repository {name['repository']!r}; `aws ecr create-repository` makes it, and "
                "`docker push` brings the image."
            )
        said = name["digest"] or f"with the tag {name['tag'] or 'latest'!r}"
        return f"The repository {name['repository']!r} of ECR has no image {said}; `docker push` brings it."

    def into_engine(
        self, pushed: PushedImage, engine: EngineImages, tell: Callable[[str], None]
    ) -> EnvironmentSpec:
        """Returns the image in the engine, where it is put if it is not there. Raises BadRequest."""
        found = _loaded(pushed, engine)
        if found is not None:
            return found
        # One at a time: jobs that begin together need the same image, and engines unpack one after the other.
        with self._loading:
            found = _loaded(pushed, engine)
            if found is None:
                self._load(pushed, engine, tell)
                found = _loaded(pushed, engine)
        if found is None:
            raise BadRequest(f"The container engine took {pushed.uri}, and does not know it.")
        return found

    def _load(self, pushed: PushedImage, engine: EngineImages, tell: Callable[[str], None]) -> None:
        whole, came, told = max(1, pushed.manifest.size_bytes), 0, -1

        def on_bytes(size_bytes: int) -> None:
            nonlocal came, told
            came += size_bytes
            if came * _TOLD_EVERY // whole != told:
                told = came * _TOLD_EVERY // whole
                tell(f"Loading the image {pushed.uri}: {min(came, whole) / 1e6:.0f} of {whole / 1e6:.0f} MB")

        try:
            with self._server.use() as path:
                read = functools.partial(stored_file, path, pushed.repository)
                engine.load(image_archive(read, pushed.manifest, pushed.loaded_name, on_bytes))
        except (EngineError, Unarchivable) as error:
            raise BadRequest(f"The image {pushed.uri} could not be loaded: {error}") from error

    def _read(self, image_uri: str) -> re.Match[str] | None:
        """Reads a name of this server's ECR; None for any other one."""
        name = _NAME.fullmatch(image_uri)
        return (
            name if name is not None and (name["host"] in self._own or self._is_here(name["host"])) else None
        )

    def _is_here(self, place: str) -> bool:
        """Whether ``host:port`` is this server."""
        host, _, port = place.rpartition(":")
        if not port.isdigit() or int(port) not in self._ports():
            return False
        host = host.strip("[]")
        return host in ("localhost", socket.gethostname()) or _is_own_address(host)


def _loaded(pushed: PushedImage, engine: EngineImages) -> EnvironmentSpec | None:
    # The id of an image is the digest of its configuration, except where Docker keeps images in containerd.
    return engine.find(pushed.uri, pushed.id) or engine.find(pushed.uri, pushed.loaded_name)


def _of_this_platform(index: Manifest, image_uri: str) -> str:
    for image in index.images:
        if image.platform == _platform():
            return image.digest
    there = ", ".join(image.platform or "one without a name" for image in index.images)
    raise BadRequest(f"{image_uri} has images for {there or 'nothing'}; this machine needs {_platform()}")


def _platform() -> str:
    machine = platform.machine()
    return f"linux/{_ARCHITECTURES.get(machine, machine)}"


def _is_own_address(host: str) -> bool:
    with contextlib.suppress(ValueError, OSError):
        address = ipaddress.ip_address(host)
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
        return not address.is_unspecified
    return False
