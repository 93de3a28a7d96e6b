"""The caller of a request, and the credentials that clients sign with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class PrincipalKind(Enum):
    ROOT = "root"
    USER = "user"
    ASSUMED_ROLE = "assumed-role"
    HOST = "host"  # the agent beside one algo-N: may report on its own host, nothing else


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal behind one signed request.

    name: user name, role name, or host id (``<job name>/<algo-N>``) by kind.
    session_name: of an assumed role; empty otherwise.
    session_policy: a JSON policy that narrows an assumed-role session; empty when there is none.
    session_tags: (key, value) pairs given with AssumeRole; ``transitive_tags`` pass to the next role.
    source_identity: given with the first AssumeRole of a chain, and kept by all that follow.
    user_profile: ``<domain id>/<name>`` in a Studio session of a user profile; empty otherwise.
    issued_at: of temporary credentials, in epoch seconds.
    """

    kind: PrincipalKind
    account: str
    arn: str
    name: str
    access_key_id: str
    principal_id: str
    session_name: str = ""
    session_policy: str = ""
    session_tags: tuple[tuple[str, str], ...] = ()
    transitive_tags: frozenset[str] = frozenset()
    source_identity: str = ""
    user_profile: str = ""
    issued_at: float | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client signs with. ``expires_at`` is in epoch seconds; None for keys that do not expire."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""
    expires_at: float | None = None
