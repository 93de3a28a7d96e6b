"""An account on a real store, with a clock that the test moves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import HostName
from clary.domain.identity import Caller, Credentials, PrincipalKind
from clary.services.access.authorize import RoleMay, authorize, may
from clary.services.access.credentials import Keyring
from clary.services.access.facts import RequestFacts
from clary.services.access.requirements import TagsOf
from clary.services.access.resource_tags import ResourceTags
from clary.services.context import Context
from clary.services.iam import access_key, role, role_policy, user, user_policy
from clary.store.blobs import BlobStore
from clary.store.database import Database
from clary.store.logs import LogStore
from clary.store.records import Records
from clary.store.tags import Tags

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT, REGION = "111122223333", "us-west-2"
ROOT_KEYS = Credentials("AKIAROOTROOTROOTROOT", "root-secret")

SAGEMAKER_TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": on, **more}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusting(**principals: Any) -> str:
    """A trust policy with one statement; ``Condition`` may be among the arguments."""
    condition = principals.pop("Condition", {})
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": principals,
                "Action": "sts:AssumeRole",
                "Condition": condition,
            },
        }
    )


@dataclass
class World:
    folder: Path
    now: float = 1_800_000_000.0
    records: Records = field(init=False)
    tags: Tags = field(init=False)
    blobs: BlobStore = field(init=False)
    keyring: Keyring = field(init=False)
    root: Caller = field(init=False)
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.database = Database.at(self.folder / "clary.db")
        self.records = Records(self.database, self.clock)
        self.tags = Tags(self.database)
        self.blobs = BlobStore(self.folder / "blobs", self.database)
        self.keyring = self.new_keyring()
        self.root = self.keyring.resolve(ROOT_KEYS.access_key_id, "", self.now)[1]

    def clock(self) -> float:
        return self.now

    def new_keyring(self) -> Keyring:
        """As a server that was started again would make it."""
        return Keyring(b"k" * 32, ROOT_KEYS, ACCOUNT, self.records, self.clock)

    def context(self, caller: Caller | None = None) -> Context:
        absent: Any = None
        known = caller or self.root
        return Context(
            caller=known,
            account=ACCOUNT,
            region=REGION,
            records=self.records,
            tags=self.tags,
            links=absent,
            blobs=self.blobs,
            logs=LogStore(self.database),
            metrics=absent,
            keyring=self.keyring,
            machines=absent,
            reading=absent,
            now=self.clock,
            may=lambda action, resource: self.may(known, action, resource),
            role_may=absent,
        )

    @property
    def tags_of(self) -> TagsOf:
        return ResourceTags(self.records, self.tags, self.blobs.objects).of

    def user(self, name: str, *statements: dict[str, Any]) -> Caller:
        """A new user with one inline policy, as a caller."""
        ctx = self.context()
        user.create_user(ctx, {"UserName": name})
        if statements:
            user_policy.put_user_policy(
                ctx, {"UserName": name, "PolicyName": "p", "PolicyDocument": policy(*statements)}
            )
        key = access_key.create_access_key(ctx, {"UserName": name})["AccessKey"]["AccessKeyId"]
        return self.keyring.resolve(key, "", self.now)[1]

    def role(self, name: str, *statements: dict[str, Any], trust: str = "") -> str:
        """A new role with one inline policy; its ARN. SageMaker may assume it unless ``trust`` says else."""
        ctx = self.context()
        made = role.create_role(
            ctx, {"RoleName": name, "AssumeRolePolicyDocument": trust or json.dumps(SAGEMAKER_TRUST)}
        )
        if statements:
            role_policy.put_role_policy(
                ctx, {"RoleName": name, "PolicyName": "p", "PolicyDocument": policy(*statements)}
            )
        return str(made["Role"]["Arn"])

    def session(self, role_name: str, session_policy: str = "") -> Caller:
        minted = self.keyring.mint(
            PrincipalKind.ASSUMED_ROLE,
            role_name,
            arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/s1",
            session_name="s1",
            ttl_s=3_600,
            session_policy=session_policy,
        )
        return self.keyring.resolve(minted.access_key_id, minted.session_token, self.now)[1]

    def job(self, kind: str, name: str) -> None:
        """A record of a running job, unless there is one."""
        if self.records.find(kind, name) is None:
            status = {"training-job": "TrainingJobStatus", "processing-job": "ProcessingJobStatus"}[kind]
            arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"
            self.records.insert(kind, name, {status: "InProgress"}, arn=arn, status="InProgress")

    def host(self, name: str) -> Caller:
        """The agent of a host, whose job is there afterwards."""
        known = HostName.parse(name)
        self.job(known.kind, known.job)
        minted = self.keyring.mint(
            PrincipalKind.HOST, name, arn=f"arn:aws:clary:::host/{name}", session_name="agent", ttl_s=3_600
        )
        return self.keyring.resolve(minted.access_key_id, minted.session_token, self.now)[1]

    def ask(self, caller: Caller, service: str, operation: str, params: dict[str, Any], **more: Any) -> None:
        """Authorizes; raises what ``authorize`` raises. ``more``: of its own arguments, or RequestFacts."""
        facts = RequestFacts(more.pop("source_ip", "127.0.0.1"))
        known = {
            "account": ACCOUNT,
            "region": REGION,
            "facts": facts,
            "now": self.now,
            "tags_of": self.tags_of,
            **more,
        }
        authorize(caller, self.records, service, operation, params, **known)

    def role_may(self, role_arn: str, action: str, resource: str, **context: str) -> bool:
        judged = RoleMay(
            self.records,
            account=ACCOUNT,
            region=REGION,
            facts=RequestFacts("127.0.0.1"),
            now=self.now,
            tags_of=self.tags_of,
        )
        return judged(role_arn, action, resource, context)

    def may(self, caller: Caller, action: str, resource: str) -> bool:
        return may(
            caller,
            self.records,
            action,
            resource,
            facts=RequestFacts("127.0.0.1"),
            now=self.now,
            region=REGION,
            tags_of=self.tags_of,
        )
