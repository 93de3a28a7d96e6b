"""A context with buckets, and with roles that may read one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import BadRequest
from clary.domain.identity import Credentials
from clary.services.access.authorize import RoleMay
from clary.services.access.credentials import Keyring
from clary.services.access.facts import RequestFacts
from clary.services.access.resource_tags import ResourceTags
from clary.services.iam.role import create_role
from clary.services.iam.role_policy import put_role_policy
from clary.services.s3 import bucket, object
from clary.store.blobs import BlobStore
from clary.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clary.services.context import Context

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Server"
STRANGER = f"arn:aws:iam::{ACCOUNT}:role/Stranger"
MAY_READ = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::data"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::nowhere/*"},
    ],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


class TwoImages:
    """A machine that knows two images and no more than two hosts."""

    def repository_of(self, image_uri: str) -> str:
        return ""

    def isolates(self, image_uri: str) -> bool:
        return image_uri.startswith("my-own")

    def check_image(self, image_uri: str) -> None:
        if not image_uri.startswith(("pytorch-inference", "sagemaker-xgboost", "my-own")):
            raise BadRequest(f"No image here is called {image_uri!r}. There are: pytorch-inference.")

    def algorithm_metrics(self, image_uri: str) -> tuple[tuple[str, str], ...]:
        return ()

    def check_cluster(self, instance_type: str, instance_count: int) -> None:
        if instance_count > 2:
            raise BadRequest(f"{instance_count} hosts of {instance_type} are too many")


@pytest.fixture
def ctx(ctx: Context, tmp_path: Path) -> Iterator[Context]:
    database = Database.at(tmp_path / "blobs.db")
    blobs = BlobStore(tmp_path / "blobs", database)
    role_may = RoleMay(
        ctx.records,
        account=ACCOUNT,
        region=ctx.region,
        facts=RequestFacts("127.0.0.1"),
        now=ctx.now(),
        tags_of=ResourceTags(ctx.records, ctx.tags, blobs.objects).of,
    )
    keyring = Keyring(b"k" * 32, Credentials("AKIAROOT", "secret"), ACCOUNT, ctx.records, ctx.now)
    made: Any = replace(ctx, blobs=blobs, keyring=keyring, role_may=role_may, machines=TwoImages())
    for name in ("Server", "Stranger"):
        create_role(made, {"RoleName": name, "AssumeRolePolicyDocument": json.dumps(TRUST)})
    put_role_policy(
        made, {"RoleName": "Server", "PolicyName": "data", "PolicyDocument": json.dumps(MAY_READ)}
    )
    bucket.create_bucket(made, {"Bucket": "data"})
    yield made
    blobs.close()
    database.close()


@pytest.fixture
def put(ctx: Context) -> Callable[..., str]:
    """Puts an object into the bucket ``data``; returns its ETag, without quotes."""

    def put_object(key: str, content: bytes = b"content") -> str:
        writer = ctx.blobs.stage()
        writer.write(content)
        answer = object.put_object(ctx, {"Bucket": "data", "Key": key, "Body": writer.finish()})
        return str(answer["ETag"]).strip('"')

    return put_object
