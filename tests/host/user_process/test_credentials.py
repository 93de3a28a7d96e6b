"""The credentials of user code, and the endpoint of its requests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent
from tests.host.standin import Standin

from clary.domain.hosts import EnvironmentSpec
from clary.domain.identity import Credentials
from clary.host.client.service import Service
from clary.host.errors import ClientError
from clary.host.sandbox import SandboxKind
from clary.host.user_process.credentials import RoleCredentials

Launch = Callable[..., RunningAgent]
STS = """
import boto3
for address in ("https://sts.us-east-1.amazonaws.com", None):
    print(boto3.client("sts", endpoint_url=address).get_caller_identity()["Account"])
"""


def test_user_code_signs_as_the_role_and_sts_reaches_the_platform(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    environment = EnvironmentSpec("dev", sys.prefix, (sys.base_prefix,))

    launch(entrypoint=(f"{sys.prefix}/bin/python", "-c", STS), environment=environment).wait()

    assert standin.lines == ["me", "me"]
    assert [signer for signer in standin.signers if signer[1] == "sts"] == [("ASIA1", "sts")] * 2


def test_the_agent_reads_s3_as_the_role_and_reports_as_itself(launch: Launch, standin: Standin) -> None:
    launch(entrypoint=("/bin/sh", "-c", "echo 1 > $SAGEMAKER_BASE_DIR/model/x")).wait()

    assert {key for key, service in standin.signers if service == "s3"} == {"ASIA1"}
    assert {key for key, service in standin.signers if service in ("clary", "logs")} == {"AKHOST"}


def role(standin: Standin, folder: Path) -> RoleCredentials:
    service = Service(standin.url, "us-east-1", lambda: Credentials("A", "s"))
    return RoleCredentials(service, "job/algo-1", "arn:role", folder)


def test_credentials_are_kept_until_a_quarter_of_an_hour_before_their_end(
    standin: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_700_000_000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    keeper = role(standin, tmp_path)

    first = keeper.current()
    now[0] += 2600
    second = keeper.current()
    now[0] += 200
    third = keeper.current()

    keeper._service.close()
    assert first is second
    assert third.access_key_id == "ASIA2"
    written = json.loads((tmp_path / "credentials.json").read_text())
    assert (written["Version"], written["AccessKeyId"]) == (1, "ASIA2")
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600


def test_user_code_finds_renewed_credentials(launch: Launch, standin: Standin) -> None:
    standin.expires_in_s = 2.0
    look = "f=$(sed -n 's/.*cat //p' $AWS_CONFIG_FILE); until grep ASIA2 $f; do sleep 0.05; done"

    launch(entrypoint=("/bin/sh", "-c", look)).wait()

    assert '"ASIA2"' in standin.lines[-1]


def test_a_role_that_can_not_be_assumed_is_a_client_error(standin: Standin, tmp_path: Path) -> None:
    standin.denied = {"RoleCredentials"}
    keeper = role(standin, tmp_path)

    with pytest.raises(ClientError, match="arn:role can't be assumed"):
        keeper.current()

    keeper._service.close()


# The folder on PYTHONPATH that sends *.amazonaws.com to us

SITE = str(Path(__file__).parents[3] / "src/clary/host/injected/site")
ENDPOINT = "http://127.0.0.1:1234"


def python(program: str, *path: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": ":".join([SITE, *path]), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("url", "moved"),
    [
        ("https://sts.us-east-1.amazonaws.com/?a=b", f"{ENDPOINT}/?a=b"),
        ("https://sts.amazonaws.com/", f"{ENDPOINT}/"),
        ("https://s3.us-east-1.amazonaws.com/b/k%20x", f"{ENDPOINT}/b/k%20x"),
        ("https://bucket.s3.us-east-1.amazonaws.com/k", f"{ENDPOINT}/bucket/k"),
        ("https://bucket.s3-us-west-2.amazonaws.com/k", f"{ENDPOINT}/bucket/k"),
        ("https://sts.cn-north-1.amazonaws.com.cn/", f"{ENDPOINT}/"),
        ("https://evil-amazonaws.com/", "https://evil-amazonaws.com/"),
        ("http://127.0.0.1:9/x", "http://127.0.0.1:9/x"),
    ],
)
def test_only_requests_to_aws_are_moved(url: str, moved: str) -> None:
    assert python(f"import clary_endpoint; print(clary_endpoint.moved({url!r}, {ENDPOINT!r}))") == moved


OLD_BOTOCORE = {
    "botocore/__init__.py": "__version__ = '{version}'",
    "botocore/client.py": """
class Events:
    def __init__(self): self.handlers = []
    def register_first(self, name, handler, unique_id): self.handlers.append(name)
class Meta:
    def __init__(self): self.events = Events()
class BaseClient:
    def __init__(self, x): self.meta = Meta()
""",
}


@pytest.mark.parametrize(("version", "handlers"), [("1.37.0", "['before-sign']"), ("1.39.0", "[]")])
def test_a_botocore_without_plugins_is_wrapped_when_it_is_imported(
    tmp_path: Path, version: str, handlers: str
) -> None:
    for name, text in OLD_BOTOCORE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace("{version}", version))

    program = "from botocore.client import BaseClient; print(BaseClient(1).meta.events.handlers)"

    assert python(program, str(tmp_path), AWS_ENDPOINT_URL=ENDPOINT) == handlers


def test_botocore_is_not_imported_at_start() -> None:
    assert python("import sys; print('botocore' in sys.modules)", AWS_ENDPOINT_URL=ENDPOINT) == "False"


def test_another_sitecustomize_runs_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.other = 'ran'")

    assert python("import builtins; print(builtins.other)", str(tmp_path)) == "ran"


@pytest.mark.skipif(shutil.which("python3.8") is None, reason="needs python3.8 on PATH")
def test_what_is_injected_compiles_in_python_3_8(tmp_path: Path) -> None:
    files = [str(path) for path in Path(SITE).parent.rglob("*.py")]
    check = "import sys; [compile(open(name).read(), name, 'exec') for name in sys.argv[1:]]"

    done = subprocess.run(["python3.8", "-c", check, *files], capture_output=True, text=True)

    if "python3.8" in done.stderr and "SyntaxError" not in done.stderr:
        pytest.skip("python3.8 is a shim without a Python behind it")
    assert done.returncode == 0, done.stderr


def test_what_is_injected_is_written_in_python_3_8() -> None:
    import ast

    for path in Path(SITE).parent.rglob("*.py"):
        ast.parse(path.read_text(), str(path), feature_version=(3, 8))
