"""A PostgreSQL server of the tests: on a Unix socket in a temporary folder, gone at the end.

Its default order of texts is that of English, so that a column whose order was forgotten is found.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cached_property
from itertools import count
from pathlib import Path

import psycopg
import pytest

from clary.store.database import Database
from clary.store.schema import metadata

OPTIONS = ("listen_addresses=", "max_connections=300")
NOT_DURABLE = ("fsync=off", "full_page_writes=off", "autovacuum=off")
INITDB = (
    *("-U", "clary", "-A", "trust", "-E", "UTF8", "--no-sync"),
    *("--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8"),
)
START_S = 60


def programs() -> Path | None:
    """The folder of the newest PostgreSQL of this machine: Debian keeps it out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PostgresServer:
    """One server. It may be stopped and started again."""

    def __init__(self, folder: Path, bin_folder: Path, *, durable: bool = False) -> None:
        """durable: it waits for the disk, as one of a user does."""
        self.folder = folder
        self._bin = bin_folder
        self._options = (*OPTIONS, *(() if durable else NOT_DURABLE))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count()
        self._free: list[str] = []
        self._prepare()

    @classmethod
    def or_skip(cls) -> PostgresServer:
        """Makes a server, or skips the test where PostgreSQL is not installed."""
        found = programs()
        if found is None:
            pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
        # Not below pytest's folder: another user can't reach it.
        return cls(Path(tempfile.mkdtemp(prefix="clary-postgres-")), found)

    def url(self, database: str) -> str:
        return f"postgresql://clary@/{database}?host={self.folder}"

    def start(self) -> None:
        options = [part for setting in self._options for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                stdout=subprocess.DEVNULL,
                stderr=log,
                **self._as_user,
            )
        until = time.monotonic() + START_S
        while True:
            try:
                self._connect("postgres").close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ends the server and all its connections."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_S)
            self._process = None

    def close(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self) -> str:
        """Returns the URL of a database with empty tables."""
        if self._free:
            return self._free.pop()
        name = f"test_{next(self._numbers)}"
        self.command(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY")
        return self.url(name)

    def give_back(self, url: str) -> None:
        """Empties a database that nobody is connected to, so that ``fresh`` returns it again."""
        names = ", ".join(table.name for table in metadata.sorted_tables)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {names} RESTART IDENTITY")
        self._free.append(url)

    def empty(self) -> str:
        """Creates a database without tables. Returns its URL."""
        name = f"test_{next(self._numbers)}"
        self.command(f"CREATE DATABASE {name}")
        return self.url(name)

    def command(self, sql: str) -> None:
        with self._connect("postgres") as connection:
            connection.execute(sql)

    @cached_property
    def _template(self) -> str:
        self.command("CREATE DATABASE filled")
        Database(self.url("filled")).close()
        return "filled"

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.folder), user="clary", dbname=database, autocommit=True)

    @cached_property
    def _as_user(self) -> dict[str, int]:
        """PostgreSQL refuses to run as root."""
        if os.getuid() != 0:
            return {}
        user = pwd.getpwnam("nobody")
        return {"user": user.pw_uid, "group": user.pw_gid}

    def _prepare(self) -> None:
        if self._as_user:
            os.chown(self.folder, self._as_user["user"], self._as_user["group"])
        self.folder.chmod(0o755)
        subprocess.run(
            [self._bin / "initdb", "-D", self.folder / "data", *INITDB],
            check=True,
            capture_output=True,
            **self._as_user,  # type: ignore[call-overload]
        )
        self.start()
