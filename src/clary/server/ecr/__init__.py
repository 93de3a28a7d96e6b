"""The registry of images: `docker push` and `docker pull` at the server's own port.

docker, podman ── /v2/ ──► door ──► records (tags, manifests)
                            └────► registry server (layers), a process of its own on a Unix socket
"""
