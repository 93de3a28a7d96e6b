"""An operation is one transaction: cut between any two of its writes, it has done nothing at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.server.writing_operations import ACCOUNT, MANIFEST, REGION, WORLD, WRITES, domain, manifest

from clary.domain.identity import Caller, Credentials, PrincipalKind
from clary.server.operation import READS, run_operation
from clary.server.registry import MODULES, find_operation, public_functions
from clary.server.settings import Settings
from clary.server.shared_keys import SharedKeys
from clary.server.state import StateFolder
from clary.services.access.credentials import Keyring
from clary.services.context import Context
from clary.services.pushed_images import RepositoryImages
from clary.store.blobs import BlobStore
from clary.store.commit_group import CommitGroup
from clary.store.database import Database
from clary.store.links import Links
from clary.store.logs import LogStore
from clary.store.metrics import MetricStore
from clary.store.records import Records
from clary.store.schema import metadata
from clary.store.tags import Tags

NOW = 1_790_000_000.0
Cut = Callable[[], None]


class Killed(BaseException):
    """Stands for the end of the server process."""


class CutDatabase(Database):
    """A database that raises Killed after a number of writes; counts writes and commits."""

    dies_after = -1
    writes = 0
    commits = 0

    @property
    def shared_clock(self) -> Callable[[sa.Connection], float]:
        """As of a database with several servers, whose keys are in it."""
        return lambda connection: NOW

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        with super().write() as connection:
            yield connection
            if self.writes == self.dies_after:
                raise Killed
            self.writes += 1

    def _commit_group(self, group: CommitGroup) -> BaseException | None:
        self.commits += 1
        return super()._commit_group(group)


class AnyMachine:
    serverless_idle_s = 300.0

    def repository_of(self, image_uri: str) -> str:
        return ""

    def isolates(self, image_uri: str) -> bool:
        return False

    def check_image(self, image_uri: str) -> None: ...

    def check_registry(self) -> None: ...

    def algorithm_metrics(self, image_uri: str) -> tuple[tuple[str, str], ...]:
        return ()

    def check_cluster(self, instance_type: str, instance_count: int) -> None: ...


class Account:
    """A server's parts around one database file, as the gateway uses them."""

    def __init__(self, path: Path) -> None:
        self.database = CutDatabase.at(path)
        records = Records(self.database, lambda: NOW)
        state = StateFolder(path.parent.parent / "keys")
        state.home.mkdir(exist_ok=True)
        keys = SharedKeys(Settings(), state, self.database, records)
        blobs = BlobStore(path.parent / "blobs", self.database)
        self.database.writes = self.database.commits = 0
        self.context = Context(
            caller=Caller(
                PrincipalKind.ROOT, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "root", "AKIA", ACCOUNT
            ),
            account=ACCOUNT,
            region=REGION,
            records=records,
            tags=Tags(self.database),
            links=Links(self.database, lambda: NOW),
            blobs=blobs,
            logs=LogStore(self.database),
            metrics=MetricStore(self.database),
            keyring=Keyring(b"k" * 32, Credentials("AKIAROOT", "secret"), ACCOUNT, records, lambda: NOW),
            machines=AnyMachine(),
            reading=None,  # type: ignore[arg-type]
            now=lambda: NOW,
            kept_keys=keys,
            server_url="http://127.0.0.1:8000",
            may=lambda action, resource: True,
            role_may=lambda role_arn, action, resource, context=None: True,
        )

    def call(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        function = find_operation(service, operation)
        context = self.context
        if operation == "ChangePassword":  # only a user's own
            ann = Caller(PrincipalKind.USER, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "ann", "", "")
            context = replace(context, caller=ann)
        return run_operation(self.database, operation, function, context, request)

    def content(self) -> dict[str, list[Any]]:
        """Every row of every table."""
        with self.database.read() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(sa.select(table)).all()))
                for table in metadata.sorted_tables
            }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A database with one resource of each kind, and the names that the server chose for them."""
    path = tmp_path_factory.mktemp("world") / "clary.db"
    account = Account(path)
    answers = [account.call(*each) for each in WORLD]
    key = account.call("iam", "CreateAccessKey", {"UserName": "ann"})["AccessKey"]["AccessKeyId"]
    kept = next(answer["ArtifactArn"] for answer in answers if "ArtifactArn" in answer)
    home, empty = (
        account.call("sagemaker", "CreateDomain", domain(name))["DomainId"] for name in ("home", "empty")
    )
    account.call("sagemaker", "CreateUserProfile", {"DomainId": home, "UserProfileName": "ann"})
    records = account.context.records
    images = RepositoryImages(records, ACCOUNT, "team/images")
    images.put(MANIFEST.encode(), "", "1", now=NOW, stays=False)
    images.put(manifest(layers=2).encode(), "", "old", now=NOW, stays=False)
    records.update("training-job", "ended", {"TrainingJobStatus": "Completed"}, status="Completed")
    records.update("endpoint", "failed", {"EndpointStatus": "Failed"}, status="Failed")
    [generation] = records.get("endpoint", "in-service")["_Generations"]
    serving = {"EndpointStatus": "InService", "_Generations": [{**generation, "State": "serving"}]}
    records.update("endpoint", "in-service", serving, status="InService")
    ended = {"HyperParameterTuningJobStatus": "Completed"}
    records.update("hyper-parameter-tuning-job", "tuned", ended, status="Completed")
    records.update("processing-job", "swept", {"ProcessingJobStatus": "Completed"}, status="Completed")
    evaluators = {"algo-1": {"Attempt": 1, "Seen": 0, "Rules": ["loss"]}}
    records.update("rule-evaluation", "running", {"Evaluators": evaluators})
    records.update("training-job", "on-spot", {"_Hosts": {"algo-1": "handle"}})
    account.database.close()
    return path, {"KEY": key, "KEPT": kept, "HOME": home, "EMPTY": empty}


@pytest.fixture
def copies(
    world: tuple[Path, dict[str, str]], tmp_path: Path
) -> Iterator[Callable[[], tuple[Account, dict[str, str]]]]:
    opened: list[Account] = []

    def make() -> tuple[Account, dict[str, str]]:
        path = tmp_path / f"{len(opened)}.db"
        shutil.copy(world[0], path)
        opened.append(Account(path))
        return opened[-1], world[1]

    yield make
    for account in opened:
        account.database.close()


@pytest.mark.parametrize(
    ("service", "operation", "request_"), WRITES, ids=[f"{service}-{name}" for service, name, _ in WRITES]
)
def test_an_operation_that_is_cut_anywhere_has_done_nothing(
    copies: Callable[[], tuple[Account, dict[str, str]]],
    service: str,
    operation: str,
    request_: dict[str, Any],
) -> None:
    whole, names = copies()
    request = {member: names.get(str(value), value) for member, value in request_.items()}
    before = whole.content()

    whole.call(service, operation, request)

    assert whole.database.commits <= 1
    for cut in range(whole.database.writes):
        account, _ = copies()
        account.database.dies_after = cut
        with pytest.raises(Killed):
            account.call(service, operation, request)
        assert account.content() == before
        # A second try succeeds: no remains of the first one prevent it.
        account.database.dies_after = -1
        account.call(service, operation, request)
    if whole.database.commits:
        assert whole.content() != before or operation in SAME_AGAIN


SAME_AGAIN = {"TagPolicy", "UpdateAssumeRolePolicy", "DeleteRetentionPolicy"}
"""Their request of this test asks for what is there already."""


# A request to an endpoint is no transaction: at most it writes one record.
@pytest.mark.parametrize("service", sorted(set(MODULES) - {"s3", "sagemaker-runtime"}))
def test_every_operation_that_writes_is_cut_here(service: str) -> None:
    from botocore import xform_name

    cut = {xform_name(name) for of, name, _ in WRITES if of == service}
    reads = tuple(xform_name(prefix) for prefix in READS)

    writing = {name for name, _ in public_functions(service) if not name.startswith(reads)}

    assert writing == cut
