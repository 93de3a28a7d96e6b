"""Caches users, roles, access keys and policies until one of them changes.

IAM names are unique regardless of case, so records have them in lower case and documents as given. Private
members of the documents:

    iam-user         _policies {name: text}   _attached [policy ARN]   _keys [access key id]
    iam-role         _policies                _attached                _trust text
    iam-policy       _versions [{VersionId, Document, CreateDate}]     _next_version int
    iam-access-key   UserName AccessKeyId Status   _sealed (user_secrets.py)
"""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from clary.domain.arns import Arn

from .aws_managed import aws_managed_policies
from .policy import compile_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.store.records import Records

    from .policy import Policy

Document = dict[str, Any]
T = TypeVar("T")

USER, ROLE, POLICY, ACCESS_KEY = "iam-user", "iam-role", "iam-policy", "iam-access-key"

STALE_AFTER_S = 1.0
"""For how long a change by another process may be missed. A change by this process is seen at once."""

LIMIT = 4096


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """source: ``user``, ``role``, ``aws-managed`` or ``user-managed``, in IAM's words."""

    name: str
    source: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Identity:
    """A user or a role, and its compiled policies. document: shared, do not change it."""

    document: Document
    named: tuple[NamedPolicy, ...]
    policies: tuple[Policy, ...]
    boundary: Policy | None
    context_keys: frozenset[str]
    """The condition keys that the policies use."""


class Directory:
    """A read-through cache over records. Safe to use from any thread."""

    def __init__(self, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        # The table of directories below has weak keys: a value must not refer to its own key.
        self._records = weakref.ref(records)
        self._clock = clock
        self._lock = threading.Lock()
        self._generation = 0
        self._found: dict[tuple[str, str], tuple[float, Any]] = {}
        records.on_change(self._forget)

    def find(self, kind: str, name: str) -> Document | None:
        """Returns the document, or None. It is shared: do not change it."""
        return self._remembered(kind, name.lower(), lambda: self._read(kind, name))

    def identity(self, kind: str, name: str) -> Identity | None:
        """Returns a user or a role with its policies, or None."""
        return self._remembered(f"{kind}/identity", name.lower(), lambda: self._identity(kind, name))

    def by_arn(self, kind: str, arn: str) -> Document | None:
        """Returns the user, role or policy with exactly this ARN; None also for a malformed ARN."""
        found = self.find(kind, arn.rpartition("/")[2])
        return found if found is not None and found["Arn"] == arn else None

    def policy_text(self, arn: str) -> str | None:
        """Returns the default version of a managed policy, also of AWS's own."""
        if arn in aws_managed_policies():
            return aws_managed_policies()[arn].document
        found = self.by_arn(POLICY, arn)
        return None if found is None else default_version(found)["Document"]

    def _read(self, kind: str, name: str) -> Document | None:
        records = self._records()
        return None if records is None else records.find(kind, record_name(kind, name))

    def _identity(self, kind: str, name: str) -> Identity | None:
        document = self.find(kind, name)
        if document is None:
            return None
        source = "role" if kind == ROLE else "user"
        named = [
            NamedPolicy(policy_name, source, compile_policy(text))
            for policy_name, text in document["_policies"].items()
        ]
        for arn in document["_attached"]:
            text = self.policy_text(arn)
            if text is not None:
                origin = "aws-managed" if Arn.parse(arn).account == "aws" else "user-managed"
                named.append(NamedPolicy(arn.rpartition("/")[2], origin, compile_policy(text)))
        policies = [found.policy for found in named]
        boundary = self._boundary(document)
        asked = [policy.context_keys for policy in (*policies, *([boundary] if boundary else []))]
        return Identity(document, tuple(named), tuple(policies), boundary, frozenset().union(*asked))

    def _boundary(self, document: Document) -> Policy | None:
        if "_boundary" not in document or not document["_boundary"]:
            return None
        text = self.policy_text(document["_boundary"])
        # A boundary whose policy was deleted denies everything.
        return compile_policy(text if text is not None else NOTHING)

    def _remembered(self, kind: str, name: str, read: Callable[[], T]) -> T:
        now = self._clock()
        known = self._found.get((kind, name))
        if known is not None and now - known[0] < STALE_AFTER_S:
            remembered: T = known[1]
            return remembered
        generation = self._generation
        value = read()
        with self._lock:
            # A value that was read before a change must not be cached after it.
            if generation == self._generation:
                if len(self._found) >= LIMIT:
                    self._found.clear()
                self._found[kind, name] = (now, value)
        return value

    def _forget(self, kind: str, _name: str) -> None:
        if kind.startswith("iam-"):
            with self._lock:
                self._generation += 1
                self._found.clear()


NOTHING = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'


def directory_of(records: Records) -> Directory:
    """Returns the directory over these records, always the same one."""
    found = _directories.get(records)
    if found is None:
        with _directories_lock:
            found = _directories.get(records)
            if found is None:
                found = _directories[records] = Directory(records)
    return found


def record_name(kind: str, name: str) -> str:
    """Returns the name of a record: lower case, except for access key ids."""
    return name if kind == ACCESS_KEY else name.lower()


def default_version(policy: Document) -> Document:
    """Returns the default version of a managed policy."""
    wanted = policy["DefaultVersionId"]
    found: Document = next(version for version in policy["_versions"] if version["VersionId"] == wanted)
    return found


_directories: weakref.WeakKeyDictionary[Records, Directory] = weakref.WeakKeyDictionary()
_directories_lock = threading.Lock()
