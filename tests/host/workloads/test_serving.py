"""A host that serves a model, from its archive to its end, with a real agent and real requests."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import socket
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import RunningAgent, make_spec, until, works
from tests.host.standin import Standin

from clary.compute.environments.serving_support import front
from clary.domain.hosts import EnvironmentSpec, ModelSource, ServingSpec
from clary.host.bounds import NOTE, forget_groups
from clary.host.health import ping
from clary.host.inputs.channels import SMALL_CHANNEL_OBJECTS
from clary.host.sandbox import SandboxKind

ADDRESS = "127.9.7.1"
DOUBLES = """
import json
def model_fn(model_dir):
    return json.load(open(model_dir + "/factor.json"))
def predict_fn(data, factor):
    return data * factor
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind((ADDRESS, 0))
        return int(one.getsockname()[1])


def archive(**files: str) -> bytes:
    """A .tar.gz of texts; ``__`` in a name is a slash, and ``_py`` at its end the ending."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, text in files.items():
            path = name.replace("__", "/").removesuffix("_py") + (".py" if name.endswith("_py") else "")
            member = tarfile.TarInfo(path if "." in path or name.endswith("serve") else f"{path}.json")
            member.size, member.mode = len(text.encode()), 0o755
            tar.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def venv() -> EnvironmentSpec:
    """The environment of these tests, which has numpy."""
    base = str(Path(sys.base_prefix))
    return EnvironmentSpec("test-image", sys.prefix, readable=(base,), serving="sklearn", front=front())


class Served:
    """A host that serves, and a client of it."""

    def __init__(self, agent: RunningAgent, standin: Standin, port: int) -> None:
        self.agent, self.standin, self.port = agent, standin, port

    @property
    def phases(self) -> list[str]:
        return [each["Phase"] for each in self.standin.reports[-1]["Phases"]] if self.standin.reports else []

    def until_running(self, timeout_s: float = 120.0) -> None:
        until(lambda: "Running" in self.phases or self.agent.process.poll() is not None, timeout_s)
        assert "Running" in self.phases, (self.standin.lines, self.standin.reports[-1:], self.agent.log)

    def ask(
        self, method: str, path: str, body: bytes | str = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(ADDRESS, self.port, timeout=90)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def predict(self, value: Any) -> tuple[int, bytes]:
        return self.ask("POST", "/invocations", json.dumps(value), {"Content-Type": "application/json"})

    def stop(self) -> dict[str, Any]:
        self.agent.process.send_signal(signal.SIGTERM)
        return self.agent.wait(120)


@pytest.fixture
def serve(standin: Standin, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts hosts, in the sandbox that this machine chooses unless the test asks for one."""
    agents: list[RunningAgent] = []

    def start(model: bytes | None = None, **changes: Any) -> Served:
        # A key of its own: a stored object is never written again.
        key = f"m{len(standin.objects)}/model.tar.gz"
        if model is not None:
            standin.put("models", key, model)
        port = free_port()
        given: dict[str, Any] = {
            "workload": ServingSpec(),
            "models": (ModelSource(f"s3://models/{key}"),),
            "environment": venv(),
            "hosts": {"algo-1": ADDRESS},
            "max_runtime_s": float("inf"),
            "cpus": 1,
            "port": port,
            **changes,
        }
        agents.append(RunningAgent(tmp_path / f"host-{len(agents)}", make_spec(standin, **given)))
        return Served(agents[-1], standin, port)

    yield start
    for agent in agents:
        if agent.process.poll() is None:
            agent.process.kill()
        agent.process.wait()
        forget_groups(agent.folder / NOTE)


def test_a_model_is_served_until_the_host_is_stopped(
    sandbox: SandboxKind, serve: Callable[..., Served]
) -> None:
    host = serve(archive(factor="2", code__inference_py=DOUBLES))
    host.until_running()

    assert host.ask("GET", "/ping")[0] == 200
    assert host.predict([1, 2]) == (200, b"[2.0, 4.0]")
    assert host.phases == ["Starting", "Downloading", "Running"]
    assert host.stop() == {"ExitCode": 0, "Outcome": "Stopped"}
    assert host.phases == ["Starting", "Downloading", "Running", "Uploading", "Done"]


def test_a_request_in_flight_is_answered_after_the_stop(serve: Callable[..., Served]) -> None:
    script = DOUBLES + (
        "import os, time\n"
        "def predict_fn(data, factor):\n"
        "    open('/opt/ml/begun', 'w').close()\n"
        "    while not os.path.exists('/opt/ml/go'): time.sleep(0.01)\n"
        "    return data\n"
    )
    host = serve(archive(factor="2", code__inference_py=script))
    host.until_running()
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(host.predict([1])))
    asking.start()
    until(lambda: (host.agent.folder / "ml/begun").exists())

    host.agent.process.send_signal(signal.SIGTERM)
    until(lambda: not _listens(host.port))
    (host.agent.folder / "ml/go").touch()
    asking.join(90)

    assert answers == [(200, b"[1.0]")]
    assert host.agent.wait(120)["Outcome"] == "Stopped"


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((ADDRESS, port)) == 0


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("def model_fn(folder):\n    raise ValueError('no such weights')", "ValueError: no such weights"),
        ("def model_fn(folder:\n", "SyntaxError"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "was killed while it loaded the model"),
        ("def input_fn(a, b): ...\ndef transform_fn(a, b, c, d): ...", "transform_fn replaces input_fn"),
    ],
)
def test_a_script_that_can_not_be_loaded_ends_the_host_with_its_own_words(
    serve: Callable[..., Served], script: str, said: str
) -> None:
    host = serve(archive(factor="2", code__inference_py=script))

    assert host.agent.wait(120)["Outcome"] == "Failed"
    assert said in host.standin.reports[-1]["Reason"]
    assert "The server ended with exit code 1" in host.standin.reports[-1]["Reason"]
    assert "Running" not in host.phases


def test_code_of_its_own_archive_is_used_and_a_missing_script_is_named(
    serve: Callable[..., Served], standin: Standin
) -> None:
    standin.put("code", "sourcedir.tar.gz", archive(other_py=DOUBLES))
    submitted = {"SAGEMAKER_SUBMIT_DIRECTORY": "s3://code/sourcedir.tar.gz"}
    model = archive(factor="3")

    host = serve(model, variables={"SAGEMAKER_PROGRAM": "other.py", **submitted})
    host.until_running()
    assert host.predict([1]) == (200, b"[3.0]")
    host.stop()

    wrong = serve(model, variables={"SAGEMAKER_PROGRAM": "wrong.py", **submitted})
    assert wrong.agent.wait(120)["Outcome"] == "Failed"
    assert (
        "'wrong.py' (SAGEMAKER_PROGRAM) is not in the model's code, which has: other.py"
        in (standin.reports[-1]["Reason"])
    )


def test_data_that_can_not_be_staged_is_the_callers_mistake(
    serve: Callable[..., Served], standin: Standin
) -> None:
    assert serve().agent.wait(120)["Outcome"] == "ClientError"
    assert (
        "The model archive s3://models/m0/model.tar.gz (ModelDataUrl) does not exist"
        in (standin.reports[-1]["Reason"])
    )

    assert serve(archive(up="1", **{"..__up": "2"})).agent.wait(120)["Outcome"] == "ClientError"
    assert "lies outside the archive's folder" in standin.reports[-1]["Reason"]

    standin.denied.add("m1/model.tar.gz")
    assert serve().agent.wait(120)["Outcome"] == "ClientError"
    assert "is not allowed s3:GetObject on s3://models/m1/model.tar.gz" in standin.reports[-1]["Reason"]


def test_an_uncompressed_model_is_staged_as_its_files(serve: Callable[..., Served], standin: Standin) -> None:
    standin.put("models", "plain/factor.json", b"5")
    standin.put("models", "plain/code/inference.py", DOUBLES.encode())
    standin.put("models", "one/more.json", b"7")

    host = serve(
        models=(
            ModelSource("s3://models/plain/", compression="None"),
            ModelSource(
                "s3://models/one/more.json",
                compression="None",
                data_type="S3Object",
                local_path="/opt/ml/additional-model-data-sources/more",
            ),
        )
    )
    host.until_running()

    assert host.predict([1]) == (200, b"[5.0]")
    assert (host.agent.folder / "ml/additional-model-data-sources/more/more.json").read_text() == "7"


def test_a_model_has_one_identity_as_an_archive_and_as_its_files(
    serve: Callable[..., Served], standin: Standin
) -> None:
    def identity(host: Served) -> str:
        host.until_running()
        return str(standin.reports[-1]["ModelContent"])

    weights = json.dumps([0.5] * 100)
    contents = {identity(serve(archive(factor=weights, code__inference_py=DOUBLES)))}
    standin.put("models", "plain/factor.json", weights.encode())
    standin.put("models", "plain/code/inference.py", DOUBLES.encode())
    # So many objects are linked in a folder apart, and not copied.
    for number in range(SMALL_CHANNEL_OBJECTS):
        standin.put("models", f"many/{number}", b"-")
    standin.put("models", "many/factor.json", weights.encode())
    standin.put("models", "many/code/inference.py", DOUBLES.encode())
    for prefix in ("plain", "many"):
        source = ModelSource(f"s3://models/{prefix}/", compression="None")
        contents.add(identity(serve(models=(source,))))

    assert len(contents) == 1
    assert contents != {""}


OWN_SERVER = """
import os, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status})
        self.send_header("Content-Length", "0")
        self.end_headers()
address = os.environ["SAGEMAKER_BIND_TO_HOST"], int(os.environ["SAGEMAKER_BIND_TO_PORT"])
print("it listens", flush=True)
http.server.HTTPServer(address, Handler).serve_forever()
"""


def test_a_server_of_the_users_own_runs_as_it_is(serve: Callable[..., Served]) -> None:
    code = OWN_SERVER.format(status=200)
    command = (f"{sys.prefix}/bin/python", "-c", code)

    host = serve(models=(), entrypoint=command)
    host.until_running()

    assert "it listens" in host.standin.lines
    assert host.ask("GET", "/ping")[0] == 200


@pytest.mark.parametrize("every", ["0.0.0.0", ""])
def test_servers_on_every_address_keep_to_that_of_their_host(
    serve: Callable[..., Served], every: str
) -> None:
    code = OWN_SERVER.format(status=200).replace('os.environ["SAGEMAKER_BIND_TO_HOST"]', repr(every))
    command = (f"{sys.prefix}/bin/python", "-c", code)
    port = free_port()
    hosts = [
        serve(models=(), entrypoint=command, port=port, hosts={"algo-1": address})
        for address in (ADDRESS, "127.9.7.3")
    ]

    until(lambda: all(ping((address, port)) == 200 for address in (ADDRESS, "127.9.7.3")), 120)

    assert all(host.agent.process.poll() is None for host in hosts)
    assert ping(("127.9.7.4", port)) != 200


def test_a_server_whose_port_is_taken_is_told_what_to_do(serve: Callable[..., Served]) -> None:
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        taken.listen()
        command = (f"{sys.prefix}/bin/python", "-c", OWN_SERVER.format(status=200))

        host = serve(models=(), entrypoint=command, port=taken.getsockname()[1], may_move=False)

        assert host.agent.wait(120)["Outcome"] == "Failed"
    assert "Address already in use" in host.standin.reports[-1]["Reason"]
    assert "$SAGEMAKER_BIND_TO_HOST, not on every one" in host.standin.reports[-1]["Reason"]


IN_ANY_LANGUAGE = """
import _socket, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
server = http.server.HTTPServer(("", 0), Handler, bind_and_activate=False)
# As a program in another language does: nothing of Python stands between this call and the kernel.
_socket.socket.bind(server.socket, ("0.0.0.0", {port}))
server.socket.listen()
other = _socket.socket()
other.bind(("127.0.0.1", 0))
print("listens at", server.socket.getsockname(), other.getsockname()[0], flush=True)
server.serve_forever()
"""


def test_servers_in_any_language_keep_to_the_address_of_their_host(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not works(SandboxKind.UNSHARE):
        pytest.skip("needs a sandbox that the kernel makes; `clary doctor` says why there is none")
    monkeypatch.setenv("CLARY_SANDBOX", SandboxKind.UNSHARE.value)
    port = free_port()
    command = (f"{sys.prefix}/bin/python", "-c", IN_ANY_LANGUAGE.format(port=port))
    addresses = (ADDRESS, "127.9.7.3")

    for address in addresses:
        serve(models=(), entrypoint=command, port=port, hosts={"algo-1": address}, may_move=False)

    until(lambda: all(ping((address, port)) == 200 for address in addresses), 120)
    assert ping(("127.9.7.4", port)) != 200


@pytest.mark.parametrize("on", [ADDRESS, "0.0.0.0"])
def test_a_host_whose_address_is_taken_serves_at_another_and_reports_it(
    serve: Callable[..., Served], on: str
) -> None:
    with socket.create_server((on, 0)) as taken:
        port = taken.getsockname()[1]
        # As servers in containers do: with a port that is written in the code.
        code = OWN_SERVER.format(status=200).replace(
            'os.environ["SAGEMAKER_BIND_TO_HOST"], int(os.environ["SAGEMAKER_BIND_TO_PORT"])',
            f'"0.0.0.0", {port}',
        )

        host = serve(models=(), entrypoint=(f"{sys.prefix}/bin/python", "-c", code), port=port)
        host.until_running()

        address, _, found = host.standin.reports[-1]["Address"].rpartition(":")
        assert (address, int(found)) != (ADDRESS, port)
        assert ping((address, int(found))) == 200


def test_a_server_in_the_models_code_runs_where_the_image_has_none(serve: Callable[..., Served]) -> None:
    plain = EnvironmentSpec("plain", sys.prefix, readable=(str(Path(sys.base_prefix)),))

    host = serve(archive(code__serve_py=OWN_SERVER.format(status=200)), environment=plain)
    host.until_running()
    host.stop()
    nothing = serve(archive(weights="1"), environment=plain)

    assert nothing.agent.wait(120)["Outcome"] == "ClientError"
    assert "serves nothing by itself" in nothing.standin.reports[-1]["Reason"]


def test_a_server_that_is_never_healthy_ends_the_host(serve: Callable[..., Served]) -> None:
    command = (f"{sys.prefix}/bin/python", "-c", OWN_SERVER.format(status=503))

    host = serve(models=(), entrypoint=command, startup_timeout_s=0.5)

    assert host.agent.wait(120)["Outcome"] == "Failed"
    assert "did not answer GET /ping with 200 within 0.5 s" in host.standin.reports[-1]["Reason"]
    assert "Running" not in host.phases


def test_a_model_that_is_not_downloaded_in_time_ends_the_host(
    serve: Callable[..., Served], standin: Standin
) -> None:
    standin.fault = lambda name, _count: "500" if name == "LocateObjects" else None

    host = serve(archive(factor="2", code__inference_py=DOUBLES), download_timeout_s=1)

    assert host.agent.wait(120)["Outcome"] == "ClientError"
    assert "within 1 s, its ModelDataDownloadTimeoutInSeconds" in host.standin.reports[-1]["Reason"]


def test_a_model_that_is_downloaded_in_time_is_served(serve: Callable[..., Served]) -> None:
    host = serve(archive(factor="2", code__inference_py=DOUBLES), download_timeout_s=600)
    host.until_running()

    assert host.predict([1]) == (200, b"[2.0]")


def test_a_worker_that_is_stuck_is_ended_by_the_time_out_of_its_server(serve: Callable[..., Served]) -> None:
    script = DOUBLES + (
        "import os, time\ndef input_fn(body, kind):\n    if 'stuck' in body: time.sleep(1_000)\n"
        "    return os.getpid()\ndef predict_fn(data, factor): return data\n"
        "def output_fn(value, accept): return str(value), 'text/plain'\n"
    )
    variables = {"SAGEMAKER_MODEL_SERVER_TIMEOUT": "1"}
    host = serve(archive(factor="2", code__inference_py=script), variables=variables)
    host.until_running()
    before = host.predict(1)

    status, said = host.predict("stuck")

    assert status == 500
    assert b"The worker ended while it worked on the request" in said
    until(lambda: host.predict(1)[0] == 200)
    assert host.predict(1) != before, "another worker"


def test_a_worker_that_dies_is_replaced(serve: Callable[..., Served]) -> None:
    script = DOUBLES + (
        "import os\ndef input_fn(body, kind):\n    if 'die' in body: os._exit(9)\n    return int(body)\n"
        "def output_fn(value, accept): return str(value), 'text/plain'\n"
    )
    host = serve(archive(factor="2", code__inference_py=script))
    host.until_running()

    status, said = host.predict("die")
    assert status == 500
    assert b"The worker ended while it worked on the request" in said
    until(lambda: host.predict(4) == (200, b"8"))
    assert any("another one is started" in line for line in host.standin.lines)


def test_a_nursery_that_is_killed_ends_the_host_when_it_is_needed(serve: Callable[..., Served]) -> None:
    script = (
        "import os, signal\n"
        + DOUBLES
        + ("def input_fn(body, kind):\n    os.kill(os.getppid(), signal.SIGKILL)\n    os._exit(9)\n")
    )
    host = serve(archive(factor="2", code__inference_py=script))
    host.until_running()

    assert host.predict([1])[0] == 500
    assert host.agent.wait(120)["Outcome"] == "Failed"
    assert "No worker can be started any more" in host.standin.reports[-1]["Reason"]


def test_models_of_one_host_are_loaded_when_they_are_asked_for(
    serve: Callable[..., Served], standin: Standin
) -> None:
    for name, factor in (("two.tar.gz", "2"), ("deep/three.tar.gz", "3")):
        standin.put("models", f"all/{name}", archive(factor=factor, code__inference_py=DOUBLES))
    standin.put("models", "secret.tar.gz", archive(factor="9", code__inference_py=DOUBLES))
    host = serve(models=(ModelSource("s3://models/all/"),), mode="MultiModel", cpus=2)
    host.until_running()

    def ask(model: str) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "X-Amzn-SageMaker-Target-Model": model}
        return host.ask("POST", "/invocations", "[1]", headers)

    assert ask("two.tar.gz") == (200, b"[2.0]")
    assert ask("deep/three.tar.gz") == (200, b"[3.0]")
    assert ask("two.tar.gz") == (200, b"[2.0]")
    assert ask("four.tar.gz")[0] == 404
    assert ask("../secret.tar.gz")[0] == 400
    assert ask("")[0] == 400
    listed = json.loads(host.ask("GET", "/models")[1])["models"]
    assert {each["modelName"] for each in listed} == {"two.tar.gz", "deep/three.tar.gz"}

    assert host.ask("DELETE", "/models/two.tar.gz")[0] == 200
    assert host.ask("GET", "/models/two.tar.gz")[0] == 404
    assert not os.path.exists(host.agent.folder / "ml/models/1")
    assert ask("two.tar.gz") == (200, b"[2.0]")
