"""A client of the registry's protocol, as far as docker speaks it, and small images to push with it."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any

OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True, slots=True)
class SmallImage:
    """One layer with one file."""

    layer: bytes
    config: bytes
    manifest: bytes


def small_image(content: bytes = b"hello") -> SmallImage:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        entry = tarfile.TarInfo("content.txt")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    layer = gzip.compress(plain.getvalue(), mtime=0)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["/content.txt"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(plain.getvalue())]},
        }
    ).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest(config),
            "size": len(config),
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": digest(layer),
                "size": len(layer),
            }
        ],
    }
    return SmallImage(layer, config, json.dumps(manifest).encode())


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["errors"][0]["code"])

    @property
    def message(self) -> str:
        return str(json.loads(self.body)["errors"][0]["message"])


@dataclass(frozen=True, slots=True)
class RegistryClient:
    """password: of ``aws ecr get-login-password``."""

    host: str
    port: int
    password: str

    def headers(self) -> dict[str, str]:
        sent = base64.b64encode(f"AWS:{self.password}".encode("latin-1")).decode()
        return {"Authorization": f"Basic {sent}"}

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        with contextlib.closing(HTTPConnection(self.host, self.port, timeout=90)) as link:
            link.request(
                method,
                path,
                body,
                {**self.headers(), **(headers or {})},
                encode_chunked=headers is not None and "Transfer-Encoding" in headers,
            )
            return _read(link.getresponse())

    def push_blob(self, repository: str, content: bytes) -> Answer:
        begun = self.ask("POST", f"/v2/{repository}/blobs/uploads/")
        if begun.status != 202:
            return begun
        # podman's way: the layer in chunks, its digest at the end.
        sent = self.ask(
            "PATCH",
            begun.headers["location"],
            iter([content[: len(content) // 2], content[len(content) // 2 :]]),
            {"Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream"},
        )
        if sent.status != 202:
            return sent
        joint = "&" if "?" in sent.headers["location"] else "?"
        return self.ask("PUT", f"{sent.headers['location']}{joint}digest={digest(content)}")

    def push(self, repository: str, image: SmallImage, reference: str) -> Answer:
        """Pushes as docker does: layers, then the config, then the manifest."""
        for content in (image.layer, image.config):
            answer = self.push_blob(repository, content)
            if answer.status != 201:
                return answer
        return self.put_manifest(repository, image.manifest, reference)

    def put_manifest(self, repository: str, manifest: bytes, reference: str, media_type: str = OCI) -> Answer:
        path = f"/v2/{repository}/manifests/{reference}"
        return self.ask("PUT", path, manifest, {"Content-Type": media_type})


def _read(response: HTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())
