"""A container engine of the tests' own: Podman with its own storage, networks and socket, and one image.

Nothing of the machine's engine is touched, and no registry is asked. The image is made of files of this
machine: the Python that runs the tests, its libraries, and a few programs. Its archive is kept in the user's
cache.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from clary.host.container.engine import Engine, EngineError
from clary.host.container.orders import HOST_LABEL

OTHER = "CLARY_TESTS_ENGINE"
"""A variable with the address of an engine to test instead, such as Docker's; the image stays there."""
IMAGE = "clary-tests:1"
TRAIN = b"""#!/usr/bin/python3 -u
# The program of somebody else's image: AWS's toolkit in script mode, else a script of the channel "code".
import json, os, runpy, sys
asked = json.load(open("/opt/ml/input/config/hyperparameters.json"))
if "sagemaker_program" in asked:
    sys.path.insert(0, "/toolkit")
    from sagemaker_training.cli.train import main
    sys.exit(main())
print("train was called with", sys.argv[1:])
sys.argv = ["/opt/ml/input/data/code/" + asked["script"]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
SERVE = b"""#!/usr/bin/python3 -u
# Answers with what it was sent, in capitals, and with the model; or many models, by SageMaker's contract.
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

loaded = {"": "/opt/ml/model/model.txt"}

class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"well")

    def do_DELETE(self):
        self.answer(b"", 200 if loaded.pop(self.path.split("/")[2], None) else 404)

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/models":
            name = self.path.split("/")[2] if self.path.startswith("/models/") else ""
            self.answer(sent.upper() + open(loaded[name], "rb").read())
        elif len(loaded) > int(os.environ.get("MOST_MODELS", "100")):
            self.answer(b"no memory left", 507)
        else:
            order = json.loads(sent)
            loaded[order["model_name"]] = order["url"] + "/model.txt"
            self.answer(b"{}")

    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        print(*words)

print("serve was called, many models:", os.environ["SAGEMAKER_MULTI_MODEL"])
ThreadingHTTPServer(("0.0.0.0", 8080), Server).serve_forever()
"""
PROGRAMS = ("/bin/sh", "/bin/cat", "/bin/sleep", "/bin/true", "/usr/bin/env", "/usr/bin/which")
TOOLKIT = (
    "*.dist-info", "_cffi_backend*", "bcrypt", "boto3", "botocore", "cryptography", "dateutil",
    "gethostname*", "inotify_simple", "invoke", "jmespath", "nacl", "_sodium*", "paramiko", "psutil",
    "retrying*", "s3transfer", "sagemaker_training", "six.py", "urllib3",
)  # fmt: skip
"""What AWS's training toolkit loads, of all that is installed with it."""
MODELS = "toolkit/botocore/data/"
"""Of these the image has that of S3 only."""
LEFT_OUT = {
    "test", "tests", "idlelib", "tkinter", "ensurepip", "lib2to3", "turtledemo", "__pycache__",
    "site-packages", "dist-packages", "pydoc_data",
}  # fmt: skip
CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
[engine]
runtime = "{runtime}"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""
STORAGE = """\
[storage]
driver = "overlay"
graphroot = "{folder}/root"
runroot = "{short}/run"
"""


@dataclass(frozen=True, slots=True)
class TestEngine:
    """address: as DOCKER_HOST has it. image: the name of the one image.

    command: Podman's, with what makes it use the same state; environ: its variables.
    """

    __test__ = False

    address: str
    image: str
    command: tuple[str, ...]
    environ: dict[str, str]

    @property
    def api(self) -> Engine:
        return Engine(self.address)

    def left(self) -> list[str]:
        """Returns the names of all containers and networks of jobs."""
        containers = [each["Names"][0] for each in self.api.containers(HOST_LABEL)]
        return [*containers, *(each["Name"] for each in self.api.networks("clary*"))]


def missing() -> str:
    """Returns why no engine can be started here; empty when one can."""
    if OTHER in os.environ:
        return ""
    for program in ("podman", "conmon"):
        if shutil.which(program) is None:
            return f"{program} is not installed: apt-get install podman runc netavark aardvark-dns"
    if shutil.which("runc") is None and shutil.which("crun") is None:
        return "neither runc nor crun is installed"
    if os.geteuid() != 0:
        return "the tests' engine needs root, for its networks"
    return ""


@contextmanager
def running_engine(folder: Path, toolkit: Path | None = None) -> Iterator[TestEngine]:
    """Runs an engine with all its state in a folder, and ends it with all that it runs.

    toolkit: a folder of packages with AWS's training toolkit, for the image.
    """
    if OTHER in os.environ:
        address = os.environ[OTHER]
        import_image(Engine(address), archive(toolkit))
        yield TestEngine(address, IMAGE, ("docker", "--host", address), dict(os.environ))
        return
    # Podman takes no path of more than 50 characters for what is of this boot.
    with tempfile.TemporaryDirectory(prefix="clary.", ignore_cleanup_errors=True) as short:
        yield from _own_engine(folder, Path(short), toolkit)


def _own_engine(folder: Path, short: Path, toolkit: Path | None) -> Iterator[TestEngine]:
    configure(folder, folder, short)
    environ = {**os.environ, **configured(folder)}
    options = ["--root", f"{folder}/root", "--runroot", f"{short}/run", "--tmpdir", f"{short}/tmp"]
    address = f"unix://{short}/engine.sock"
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen(
            ["podman", *options, "system", "service", "--time", "0", address],
            env=environ,
            stdout=log,
            stderr=log,
        )
    try:
        engine = Engine(address)
        wait_for_engine(engine, service, folder / "log")
        import_image(engine, archive(toolkit))
        yield TestEngine(address, IMAGE, ("podman", *options), environ)
    finally:
        subprocess.run(["podman", *options, "rm", "-fa", "-t", "0"], env=environ, capture_output=True)
        subprocess.run(["podman", *options, "network", "prune", "-f"], env=environ, capture_output=True)
        service.terminate()
        service.wait()
        subprocess.run(["umount", "-l", str(folder / "root" / "overlay")], capture_output=True)


def configure(written: Path, folder: Path, short: Path) -> None:
    """Writes the files of an engine. written: ``folder`` as it is here, where a machine has another one."""
    runtime = "runc" if shutil.which("runc") else "crun"
    (written / "networks").mkdir(parents=True)
    (written / "containers.conf").write_text(CONFIGURATION.format(runtime=runtime, folder=folder))
    (written / "storage.conf").write_text(STORAGE.format(folder=folder, short=short))


def configured(folder: Path) -> dict[str, str]:
    """Returns the variables that name the files of an engine."""
    return {
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
    }


def wait_for_engine(engine: Engine, service: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while True:
        try:
            engine.version()
            return
        except EngineError:
            said = log.read_text(errors="replace")
            assert service.poll() is None, f"podman ended with {service.returncode}: {said}"
            assert time.monotonic() < until, f"podman does not answer: {said}"
            time.sleep(0.02)


def import_image(engine: Engine, content: Path) -> None:
    """Makes the one image of a file from ``archive``."""
    query = urlencode({"fromSrc": "-", "repo": IMAGE})
    done = subprocess.run(
        [
            *("curl", "-sS", "--fail-with-body", "--unix-socket", engine.address.removeprefix("unix://")),
            *("-X", "POST", "-T", str(content), f"http://engine/images/create?{query}"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout} {done.stderr}"
    found = re.search(r'"(?:id|status)":"(sha256:[0-9a-f]+)"', done.stdout)
    assert found is not None, done.stdout
    name, _, tag = IMAGE.partition(":")
    engine._ask("POST", f"/images/{found[1]}/tag", {"repo": name, "tag": tag})


def archive(toolkit: Path | None = None) -> Path:
    """Returns the archive of the image's files, made once for each Python and each version of this file."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clary" / "tests"
    said = f"{sys.version} {toolkit} {Path(__file__).read_text()}"
    sort = "toolkit" if toolkit else "plain"
    path = cache / f"image-{sort}-{hashlib.sha256(said.encode()).hexdigest()[:12]}.tar"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        for old in cache.glob(f"image-{sort}-*"):
            old.unlink(missing_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.new")
        _write_archive(draft, toolkit)
        draft.replace(path)
    return path


def _write_archive(path: Path, toolkit: Path | None) -> None:
    python = os.path.realpath(sys.executable)
    standard_library = sysconfig.get_path("stdlib")
    programs = [*PROGRAMS, python]
    with tarfile.open(path, "w") as tar:
        for program in programs:
            tar.add(os.path.realpath(program), arcname=program)
        for folder, folders, files in os.walk(standard_library):
            folders[:] = [name for name in folders if name not in LEFT_OUT and not name.startswith("config-")]
            for name in files:
                if name.startswith(("_tkinter", "_test")):
                    continue  # with them come a hundred libraries of windows
                tar.add(os.path.join(folder, name), recursive=False)
                if name.endswith(".so"):
                    programs.append(os.path.join(folder, name))
        for found in sorted(
            {each for pattern in TOOLKIT for each in toolkit.glob(pattern)} if toolkit else ()
        ):
            inside = f"toolkit/{found.relative_to(toolkit)}"
            tar.add(found, arcname=inside, filter=_is_needed)
            programs += [str(each) for each in (found.rglob("*.so") if found.is_dir() else [found])]
        for library in sorted({library for program in programs for library in _libraries(program)}):
            tar.add(os.path.realpath(library), arcname=library)
        _add_file(tar, "usr/local/bin/train", TRAIN, mode=0o755)
        _add_file(tar, "usr/local/bin/serve", SERVE, mode=0o755)
        _add_file(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
        _add_file(tar, "etc/group", b"root:x:0:\n")
        _add_file(tar, "etc/nsswitch.conf", b"hosts: files dns\n")
        link = tarfile.TarInfo("usr/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, python
        tar.addfile(link)
        for name, mode in (("tmp", 0o1777), ("root", 0o755)):
            empty = tarfile.TarInfo(name)
            empty.type, empty.mode = tarfile.DIRTYPE, mode
            tar.addfile(empty)


def _is_needed(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Returns the entry, as ``TarFile.add`` asks for it, or None for what the image can do without."""
    service = entry.name.removeprefix(MODELS).partition("/")[0]
    other = entry.name.startswith(MODELS) and "." not in service and service != "s3"
    return None if other or entry.name.endswith("__pycache__") else entry


def _libraries(program: str) -> list[str]:
    said = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", said)


def _add_file(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))
