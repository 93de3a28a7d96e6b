"""Starts a Clary server for tests, runs commands against it, and ends it, by kill -9 too."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from tests.journeys.clients import clean_environ

from clary.compute.environments import environments_root

CLARY = str(Path(sys.executable).parent / "clary")


@dataclass(frozen=True, slots=True)
class Server:
    """home: its state folder. user_home: the HOME of clients, not that of the machine.

    settings: ``CLARY_*`` variables of the server.
    """

    home: Path
    user_home: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads((self.home / "server.json").read_text())
        return known

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    def start(self) -> None:
        # The machine's home, which has the configuration of pip and the Pythons.
        own = {"CLARY_ENVIRONMENTS": str(environments_root()), **self.settings}
        environ = {**clean_environ(Path.home()), **own}
        command = [CLARY, "up", "-d", "--home", str(self.home)]
        started = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        assert started.returncode == 0, f"clary up ended with {started.returncode}: {started.stderr}"

    def kill(self) -> None:
        """Kills the server by SIGKILL, and waits until the process is gone."""
        pid = int(self.facts["pid"])
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not _is_alive(pid), f"process {pid} to be gone")

    def stop(self) -> None:
        """Ends every job, then the server. Raises AssertionError for errors in its log."""
        try:
            self._stop_jobs()
            # Evaluators outlive the server, as hosts do, and would wait for the next one.
            wait_for(lambda: not list(self.home.glob("hosts/rules.*")), "evaluators to end")
        finally:
            self.command("down", "--home", str(self.home))
        said = (self.home / "server.log").read_text()
        assert "Traceback" not in said, f"the server had trouble:\n{said[-6000:]}"

    def _stop_jobs(self) -> None:
        sagemaker = self.session(root=True)("sagemaker")
        for summary in sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]:
            # It may have ended meanwhile.
            with contextlib.suppress(sagemaker.exceptions.ClientError):
                sagemaker.stop_training_job(TrainingJobName=summary["TrainingJobName"])

    def command(
        self,
        *arguments: str | Path,
        timeout_s: float = 240.0,
        expect: int = 0,
        cwd: Path | None = None,
        user_home: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs ``clary ...`` as the user. Raises AssertionError when the exit code is not ``expect``."""
        ended = subprocess.run(
            [CLARY, *map(str, arguments)],
            cwd=cwd or self.user_home,
            env={
                **clean_environ(user_home or self.user_home),
                "CLARY_HOME": str(self.home),
                "CLARY_ENVIRONMENTS": str(environments_root()),
                "COLUMNS": "200",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        said = f"clary {arguments} ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}"
        assert ended.returncode == expect, said
        return ended

    def client_environ(self) -> dict[str, str]:
        """Returns a clean environment after ``eval "$(clary env)"``."""
        said = json.loads(self.command("env", "--shell", "json").stdout)
        environ = {**clean_environ(self.user_home), **said["set"]}
        return {name: value for name, value in environ.items() if name not in said["unset"]}

    def session(
        self, *, root: bool = False, keys: tuple[str, str, str | None] | None = None, url: str = ""
    ) -> Clients:
        """Returns boto3 clients with the root keys, with ``keys``, or with those of ``clary env``.

        url: where they ask, in place of the port without TLS.
        """
        if root:
            found = json.loads((self.home / "credentials.json").read_text())
            keys = (found["AccessKeyId"], found["SecretAccessKey"], None)
        elif keys is None:
            environ = self.client_environ()
            names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
            keys = (environ[names[0]], environ[names[1]], environ[names[2]])
        session = boto3.Session(keys[0], keys[1], keys[2], region_name=self.facts["region"])
        asked = url or self.url

        def client(service: str, verify: str | None = None, **config: Any) -> Any:
            return session.client(service, endpoint_url=asked, verify=verify, config=Config(**config))

        return client

    def log_tail(self) -> str:
        """Returns the last lines of the logs of the server and its agents."""
        logs = [self.home / "server.log", *sorted(self.home.glob("*/*/agent.log"))]
        return "\n".join(
            f"--- {log}\n{log.read_text(errors='replace')[-6000:]}" for log in logs if log.exists()
        )


Clients = Callable[..., Any]
"""Returns a boto3 client for a service name and members of botocore's Config."""


def wait_for(
    condition: Callable[[], Any], what: str, *, timeout_s: float = 240.0, every_s: float = 0.05
) -> Any:
    """Returns the first true result of ``condition``; raises AssertionError when there is none in time.

    What takes long is looked at less often: a look with boto3 costs 13 ms of CPU in both processes.
    """
    begun = time.monotonic()
    while True:
        answer = condition()
        if answer:
            return answer
        waited = time.monotonic() - begun
        assert waited < timeout_s, f"waited {timeout_s:g} s in vain for {what}"
        time.sleep(max(every_s, min(waited / 20, 0.5)))


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
