"""The registry's protocol at the server's own port, for docker, podman and what else pushes images.

    read_path ── password ── authorize (as ECR's operations) ──┬── manifests, tags: records
                                                               └── layers: passed on to the registry server

The registry server has each manifest too, so that it checks and keeps the layers. It knows no tags.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from clary.domain.errors import BadRequest, OutOfSpace, PlatformError, ServiceUnavailable, Unauthenticated
from clary.domain.manifests import DIGEST, MOST_BYTES, UnreadableManifest, digest_of, read_manifest
from clary.server.exchange import Receive, Scope, Send, read_head, send_response
from clary.server.incoming import ClientGone, Incoming, Memory
from clary.server.inference.answer_body import AnswerBody
from clary.server.request_context import authorize_request, page_facts
from clary.server.trouble import known_trouble
from clary.services.ecr._errors import no_image, no_repository
from clary.services.pushed_images import REPOSITORY, RepositoryImages, tags_stay
from clary.wire.http import HttpRequest, HttpResponse

from .failures import VERSION, RegistryRefusal, failure
from .paths import ROOT, is_upload_query, read_path
from .relay import ask

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.server.platform import Platform

    from .paths import RegistryPath
    from .registry_server import RegistryServer

log = logging.getLogger("clary.server")

USER = "AWS"
MEMORY_BYTES = 64 << 20
"""The limit for all manifests in memory together."""

_PASSED_BACK = (
    "accept-ranges", "content-length", "content-range", "content-type", "docker-content-digest",
    "docker-upload-uuid", "etag", "location", "range",
)  # fmt: skip


def is_for_images(scope: Scope) -> bool:
    """A bucket can't have this name: it is too short."""
    path: str = scope["path"]
    return path == ROOT or path.startswith(f"{ROOT}/")


class ImageDoor:
    """The ASGI application of what lies under /v2/."""

    def __init__(self, platform: Platform, server: RegistryServer) -> None:
        self._platform = platform
        self._server = server
        self._memory = Memory(MEMORY_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_head(scope)
        incoming = Incoming(request.headers, receive, self._memory)
        try:
            await self._serve(request, scope, incoming, send)
        except ClientGone:
            return
        finally:
            incoming.release()

    async def _serve(self, request: HttpRequest, scope: Scope, incoming: Incoming, send: Send) -> None:
        try:
            path = self._admit(request, str((scope.get("client") or ("127.0.0.1",))[0]))
            if path is None:
                response = HttpResponse(200, {"content-type": "application/json", **VERSION}, b"{}")
            elif path.sort == "manifests":
                response = await self._manifest(request, path, incoming)
            elif path.sort == "tags":
                response = self._tags(path)
            else:
                await self._pass_on(request, path, incoming, send)
                return
        except ClientGone:
            raise
        except Exception as error:
            response = failure(_as_platform_error(error, request))
        await send_response(response, request.method, send, incoming)

    def _admit(self, request: HttpRequest, source_ip: str) -> RegistryPath | None:
        """Returns what is asked for; None for the question whether there is a registry.

        Raises PlatformError unless the caller may have it.
        """
        caller = self._caller(request)
        if request.path.rstrip("/") == ROOT and request.method in ("GET", "HEAD"):
            return None
        path = read_path(request.path)
        if path is None:
            raise RegistryRefusal(
                "this is no address of a registry, or a name in it is not allowed: a repository has small "
                "letters, digits and . _ - /",
                code="NAME_INVALID",
                http_status=404,
            )
        action = path.action(request.method)
        if not action:
            raise RegistryRefusal(
                f"{request.method} is not served here; `aws ecr batch-delete-image` deletes", http_status=405
            )
        facts = page_facts(request, source_ip)
        asked = {"repositoryName": path.repository}
        authorize_request(self._platform, caller, "ecr", action, asked, facts)
        self._repository(path)
        return path

    def _caller(self, request: HttpRequest) -> Caller:
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise Unauthenticated("log in first: aws ecr get-login-password | docker login -u AWS ...")
        try:
            user, _, password = base64.b64decode(sent, validate=True).decode("ascii").partition(":")
        except (binascii.Error, ValueError):
            raise Unauthenticated("the Authorization header is not one of HTTP Basic") from None
        if user != USER:
            raise Unauthenticated(f"the user is {user!r}; it has to be {USER}")
        return self._platform.keyring.of_registry_password(password, self._platform.now())

    def _repository(self, path: RegistryPath) -> dict[str, Any]:
        found = self._platform.records.find(REPOSITORY, path.repository)
        if found is None:
            raise no_repository(path.repository, self._platform.settings.account)
        return found

    def _images(self, path: RegistryPath) -> RepositoryImages:
        return RepositoryImages(self._platform.records, self._platform.settings.account, path.repository)

    def _tags(self, path: RegistryPath) -> HttpResponse:
        tags = sorted(tag for image in self._images(path).all() for tag in image["imageTags"])
        body = orjson.dumps({"name": path.repository, "tags": tags})
        return HttpResponse(200, {"content-type": "application/json", **VERSION}, body)

    async def _manifest(self, request: HttpRequest, path: RegistryPath, incoming: Incoming) -> HttpResponse:
        if request.method == "PUT":
            return await self._keep_manifest(request, path, await incoming.read(MOST_BYTES))
        sought = "digest" if DIGEST.fullmatch(path.reference) else "tag"
        image = self._images(path).find(**{sought: path.reference})
        if image is None:
            named = {f"image{sought.title()}": path.reference}
            raise no_image(named, path.repository, self._platform.settings.account)
        body = image["_manifest"].encode()
        headers = {
            "content-type": image["imageManifestMediaType"],
            "content-length": str(len(body)),
            "docker-content-digest": image["imageDigest"],
            **VERSION,
        }
        return HttpResponse(200, headers, body)

    async def _keep_manifest(self, request: HttpRequest, path: RegistryPath, body: bytes) -> HttpResponse:
        """The registry server looks whether it has all layers; then the record is written."""
        digest = digest_of(body)
        by_digest = DIGEST.fullmatch(path.reference) is not None
        if by_digest and path.reference != digest:
            raise RegistryRefusal(
                f"the digest of the manifest is {digest}, not {path.reference}", code="DIGEST_INVALID"
            )
        sent_as = request.headers.get("content-type", "").partition(";")[0].strip()
        try:
            media_type = read_manifest(body, sent_as).media_type
            body.decode()
        except UnreadableManifest as error:
            raise RegistryRefusal(str(error), code="MANIFEST_INVALID") from None
        except UnicodeDecodeError:
            raise RegistryRefusal("the manifest is not UTF-8", code="MANIFEST_INVALID") from None
        tag = "" if by_digest else path.reference
        if tag:
            stays = tags_stay(self._repository(path))
            self._images(path).check_tag(tag, digest, stays=stays)
        async with self._server.used() as socket:
            target = f"{ROOT}/{path.repository}/manifests/{digest}"
            sent = {"content-type": media_type, "content-length": str(len(body))}
            answer = await ask(socket, "PUT", target, sent, body)
            try:
                said = await answer.read()
            finally:
                answer.close()
            if answer.head.status != 201:
                _refuse_as(answer.head.status, said)
            await asyncio.to_thread(self._record, path, body, media_type, tag)
        headers = {"location": target, "docker-content-digest": digest, **VERSION}
        return HttpResponse(201, headers)

    def _record(self, path: RegistryPath, body: bytes, media_type: str, tag: str) -> None:
        with self._platform.database.transaction():
            stays = tags_stay(self._repository(path))
            self._images(path).put(body, media_type, tag, now=self._platform.now(), stays=stays)

    async def _pass_on(
        self, request: HttpRequest, path: RegistryPath, incoming: Incoming, send: Send
    ) -> None:
        target = f"{ROOT}/{path.repository}/blobs/"
        if path.sort == "blobs":
            target += path.reference
        else:
            target += f"uploads/{path.reference}"
            # Without its query a request to mount a layer of another repository begins an upload: whether the
            # caller may read there is another question, and layers are stored once anyway.
            if path.sort == "upload" and request.query:
                if not is_upload_query(request.query):
                    raise RegistryRefusal("the query of an upload has _state and digest only")
                target += f"?{request.query}"
        async with self._server.used() as socket:
            answer = await ask(socket, request.method, target, request.headers, incoming)
            try:
                head = answer.head
                if head.status >= 500:
                    _refuse_as(head.status, await answer.read())
                headers = {name: head.headers[name] for name in _PASSED_BACK if name in head.headers}
                body: Any = AnswerBody(answer, answer.pieces()) if request.method != "HEAD" else b""
                response = HttpResponse(head.status, {**headers, **VERSION}, body)
                await send_response(response, request.method, send, incoming)
            finally:
                answer.close()


def _refuse_as(status: int, said: bytes) -> NoReturn:
    """Raises what the registry server answered. What is its own failure is tried again by clients."""
    try:
        first = orjson.loads(said)["errors"][0]
        code, message = (
            str(first["code"]),
            f"{first['message']}: {orjson.dumps(first.get('detail')).decode()}",
        )
    except (ValueError, LookupError, TypeError):
        code, message = "UNKNOWN", said[:500].decode("utf-8", "replace")
    if "no space left on device" in message:
        raise OutOfSpace("No space is left on the disk that holds the images. Free some, and try again.")
    if status >= 500:
        log.error("the registry server answered %s: %s %s", status, code, message)
        raise ServiceUnavailable(f"The registry server of images failed ({code}). Try again.")
    raise RegistryRefusal(message, code=code, http_status=status)


def _as_platform_error(error: Exception, request: HttpRequest) -> PlatformError:
    if isinstance(error, PlatformError):
        return error
    trouble = known_trouble(error)
    if trouble is None:
        log.exception("%s %.200s failed", request.method, request.path)
        return BadRequest("internal failure; the server's log has it", code="UNKNOWN", http_status=503)
    log.error("%s %.200s: %s", request.method, request.path, trouble.message)
    return trouble
