"""botocore clients for the commands, connected to the server of a state folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clary.cli.console import fail

if TYPE_CHECKING:
    from pathlib import Path

    from botocore.session import Session

    from clary.domain.identity import Credentials

SESSION_NAME = "clary-cli"


@dataclass(frozen=True)
class ServerConnection:
    """One server, with the credentials of its account's root."""

    home: Path
    url: str
    region: str
    account: str
    credentials: Credentials

    @cached_property
    def _session(self) -> Session:
        import botocore.session

        # The user's own AWS configuration must not change these calls: the profile that AWS_PROFILE names may
        # not even exist.
        session = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        session.set_config_variable("region", self.region)
        return session

    def client(self, service: str) -> Any:
        from botocore.config import Config

        return self._session.create_client(
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=self.credentials.access_key_id,
            aws_secret_access_key=self.credentials.secret_access_key,
            config=Config(
                retries={"mode": "standard", "max_attempts": 8}, s3={"addressing_style": "path"}, proxies={}
            ),
        )

    def own(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Calls an operation of Clary's own (``clary.services.own``). Raises ClientError."""
        import json

        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        from botocore.exceptions import ClientError
        from botocore.httpsession import URLLib3Session

        from clary.domain.hosts.protocol import HEADER, version

        known = self.credentials
        signer = SigV4Auth(Credentials(known.access_key_id, known.secret_access_key), "clary", self.region)
        headers = {"Content-Type": "application/json", HEADER: version()}
        asked = AWSRequest("POST", f"{self.url}/_clary/{operation}", headers, json.dumps(request).encode())
        signer.add_auth(asked)
        verify = self._session.get_config_variable("ca_bundle") or True
        response = URLLib3Session(verify=verify).send(asked.prepare())
        answer: dict[str, Any] = json.loads(response.content)
        if response.status_code != 200:
            raise ClientError({"Error": {"Code": answer["__type"], "Message": answer["message"]}}, operation)
        return answer

    @property
    def bucket(self) -> str:
        """The default bucket of the SageMaker SDK."""
        return f"sagemaker-{self.region}-{self.account}"


def connect(home: Path | None = None) -> ServerConnection:
    """Returns the running server of a state folder; ends the command with a message when none is up."""
    from clary.server.settings import load_settings
    from clary.server.state import StateFolder

    state = StateFolder(load_settings(home=home).home)
    known = state.server()
    if not known or not state.is_locked():
        fail(f"no server is up on {state.home}; start it with: clary up -d")
    return ServerConnection(
        state.home, known["url"], known["region"], known["account"], state.root_credentials()
    )
