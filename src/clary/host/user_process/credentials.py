"""Short-lived credentials of the execution role, for requests of the agent to S3 and for user code.

User code reads them with ``credential_process`` from a file that is replaced before they expire.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING

from clary.domain.identity import Credentials

from ..client.service import Service, ServiceError
from ..errors import ClientError
from ..notes import note

if TYPE_CHECKING:
    from pathlib import Path

RENEW_BEFORE_S = 15 * 60.0
RETRY_EVERY_S = 30.0


class RoleCredentials:
    """The current credentials of the role. May be used from any thread."""

    def __init__(self, service: Service, host: str, role_arn: str, folder: Path) -> None:
        """folder: of the files for user code."""
        self._service = service
        self._host = host
        self._role_arn = role_arn
        self._folder = folder
        self._lock = threading.Lock()
        self._current: Credentials | None = None
        self._renew_at = 0.0

    def current(self) -> Credentials:
        """Returns credentials that are valid for 15 minutes, or half the session if shorter.

        Raises ClientError.
        """
        with self._lock:
            if self._current is None or time.time() >= self._renew_at:
                self._current = self._fetch()
                self._write(self._current)
            return self._current

    def keep_fresh(self) -> None:
        """Starts a thread that renews the files for user code until the agent ends."""
        threading.Thread(target=self._renew_for_ever, name="credentials", daemon=True).start()

    def _renew_for_ever(self) -> None:
        while True:
            try:
                self.current()
            except ClientError as error:
                # The role may exist again later; until then user code keeps the credentials it has.
                note(str(error))
                time.sleep(RETRY_EVERY_S)
            time.sleep(max(0.2, self._renew_at - time.time()))

    def _fetch(self) -> Credentials:
        try:
            answer = self._service.operation("RoleCredentials", {"Host": self._host})
        except ServiceError as error:
            raise ClientError(
                f"The execution role {self._role_arn} can't be assumed: {error.message}. "
                "Check that the role exists and that it trusts sagemaker.amazonaws.com."
            ) from error
        expires_at = float(answer["Expiration"])
        # A role may allow sessions that are shorter than the margin: these are renewed after half their
        # duration.
        self._renew_at = expires_at - min(RENEW_BEFORE_S, (expires_at - time.time()) / 2)
        return Credentials(
            access_key_id=answer["AccessKeyId"],
            secret_access_key=answer["SecretAccessKey"],
            session_token=answer["SessionToken"],
            expires_at=expires_at,
        )

    def _write(self, credentials: Credentials) -> None:
        assert credentials.expires_at is not None
        document = {
            "Version": 1,
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token,
            "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(credentials.expires_at)),
        }
        draft = self._folder / "credentials.json.new"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(document, file)
        os.replace(draft, self._folder / "credentials.json")


def aws_config(region: str, credentials_file: str) -> str:
    """Returns the AWS configuration for user code.

    Its reader is ``/bin/cat``, with a path: PATH may be changed.
    """
    import shlex

    reader = f"/bin/cat {shlex.quote(credentials_file)}"
    return f"[default]\nregion = {region}\ncredential_process = {reader}\n"
