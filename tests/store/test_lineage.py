"""Artifacts that lie in a folder that a component wrote, in any order of creation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.databases import open_database, sqlite_only

from clary.domain.arns import sagemaker_arn
from clary.store.database import Database
from clary.store.derivations import folders_above
from clary.store.lineage import Lineage
from clary.store.links import LinkKind, Links
from clary.store.records import Records

REGION, ACCOUNT = "us-east-1", "123456789012"
COMPONENT = "experiment-trial-component"
FOLDER, FILE = "s3://b/out/train", "s3://b/out/train/train.csv"


class Story:
    """Components by name, and the edges that follow."""

    def __init__(self, database: Database) -> None:
        self.records, self.links = Records(database, lambda: 1.0), Links(database, lambda: 1.0)
        self.lineage = Lineage(self.records, self.links, REGION, ACCOUNT)

    def tell(self, name: str, *, reads: tuple[str, ...] = (), writes: tuple[str, ...] = ()) -> None:
        """Makes the component, or gives it other artifacts."""
        arn = sagemaker_arn(REGION, ACCOUNT, COMPONENT, name)
        members = {
            "TrialComponentArn": arn,
            "InputArtifacts": {f"in-{number}": {"Value": uri} for number, uri in enumerate(reads)},
            "OutputArtifacts": {f"out-{number}": {"Value": uri} for number, uri in enumerate(writes)},
        }
        if self.records.find(COMPONENT, name) is None:
            self.records.insert(COMPONENT, name, members, arn=arn)
        self.lineage.follow(members)

    def forget(self, name: str) -> None:
        self.records.delete(COMPONENT, name)
        self.lineage.forget(sagemaker_arn(REGION, ACCOUNT, COMPONENT, name))

    def derived(self) -> set[tuple[str, str]]:
        """(folder, what came out of it)."""
        links = self.links.all(LinkKind.ASSOCIATION)
        return {
            (self.place(link.source), self.place(link.target))
            for link in links
            if link.label == "DerivedFrom"
        }

    def place(self, arn: str) -> str:
        record = self.records.find_by_arn(arn)
        assert record is not None
        return str(record["Source"]["SourceUri"])

    def places(self) -> set[str]:
        return {
            self.records.get("artifact", n)["Source"]["SourceUri"] for n in self.records.names("artifact")
        }


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    database = open_database(tmp_path / "clary.db")
    yield Story(database)
    database.close()


@pytest.mark.parametrize("written", [FOLDER, f"{FOLDER}/"])
@pytest.mark.parametrize("read", [FILE, f"{FOLDER}/a/b/", f"{FOLDER}/a"])
@pytest.mark.parametrize("reader_first", [False, True])
def test_what_lies_in_a_written_folder_comes_from_it(
    story: Story, written: str, read: str, reader_first: bool
) -> None:
    if reader_first:
        story.tell("fit", reads=(read,))
    story.tell("split", writes=(written,))
    if not reader_first:
        story.tell("fit", reads=(read,))

    assert story.derived() == {(written, read)}


@pytest.mark.parametrize(
    "read",
    [
        "s3://b/out/training/x.csv",
        "s3://b/out/tr",
        "s3://b/out/train.csv",
        "s3://b/out",
        "s3://b/out/train0/x",
        "s3://b2/out/train/x.csv",
        "s3://b/other/out/train/x.csv",
        FOLDER,
        f"{FOLDER}/",
    ],
)
@pytest.mark.parametrize("reader_first", [False, True])
def test_places_beside_it_and_the_folder_itself_do_not(story: Story, read: str, reader_first: bool) -> None:
    for name in ("fit", "split") if reader_first else ("split", "fit"):
        if name == "fit":
            story.tell("fit", reads=(read,))
        else:
            story.tell("split", writes=(f"{FOLDER}/",))

    assert story.derived() == set()


@pytest.mark.parametrize("bucket", ["s3://b", "s3://b/"])
def test_a_whole_bucket_is_no_such_folder(story: Story, bucket: str) -> None:
    story.tell("fit", reads=(FILE,))
    story.tell("split", writes=(bucket,))
    story.tell("fit-2", reads=("s3://b/x.csv",))

    assert story.derived() == set()


def test_the_nearest_folder_counts_whichever_was_written_first(story: Story) -> None:
    story.tell("outer", writes=("s3://b/out",))
    story.tell("fit", reads=(FILE,))
    before = story.derived()
    story.tell("inner", writes=(FOLDER,))

    assert before == {("s3://b/out", FILE)}
    assert story.derived() == {(FOLDER, FILE)}


def test_a_file_with_a_writer_of_its_own_comes_from_no_folder(story: Story) -> None:
    story.tell("fit", reads=(FILE,))
    story.tell("split", writes=(FOLDER,))
    story.tell("exactly", writes=(FILE,))

    assert story.derived() == set()


def test_what_a_job_reads_in_the_folder_it_writes_does_not_come_from_itself(story: Story) -> None:
    story.tell("in-place", reads=(f"{FOLDER}/raw",), writes=(FOLDER,))
    before = story.derived()
    story.tell("earlier", writes=(FOLDER,))

    assert before == set()
    assert story.derived() == {(FOLDER, f"{FOLDER}/raw")}


def test_the_edge_and_lonely_artifacts_go_with_the_reader(story: Story) -> None:
    story.tell("split", writes=(FOLDER,))
    story.tell("fit", reads=(FILE,))

    story.forget("fit")

    assert story.derived() == set()
    assert story.places() == {FOLDER}


def test_the_edge_and_lonely_artifacts_go_with_the_writer(story: Story) -> None:
    story.tell("split", writes=(FOLDER,))
    story.tell("fit", reads=(FILE,))

    story.forget("split")

    assert story.derived() == set()
    assert story.places() == {FILE}


def test_a_component_that_tells_of_other_places_takes_its_edges_along(story: Story) -> None:
    story.tell("split", writes=(FOLDER,))
    story.tell("fit", reads=(FILE,))
    story.tell("fit", reads=("s3://b/else/x.csv",))
    after_reader = story.derived()
    story.tell("split", writes=("s3://b/else/",))

    assert after_reader == set()
    assert story.derived() == {("s3://b/else/", "s3://b/else/x.csv")}
    assert story.places() == {"s3://b/else/", "s3://b/else/x.csv"}


def test_nothing_is_left_when_all_components_are_gone(story: Story) -> None:
    story.tell("split", writes=(FOLDER,))
    story.tell("fit", reads=(FILE, f"{FOLDER}/a/"))

    story.forget("split")
    story.forget("fit")

    assert story.places() == set()
    assert story.links.all(LinkKind.ASSOCIATION) == []
    assert story.links.all(LinkKind.LOCATION) == []


def test_a_callers_own_association_stays_as_it_is(story: Story) -> None:
    story.tell("split", writes=(FOLDER,))
    story.tell("fit", reads=("s3://b/far/x.csv",))
    ends = [story.lineage.artifact_arn({"SourceUri": uri}) for uri in (FOLDER, "s3://b/far/x.csv")]
    story.links.add(LinkKind.ASSOCIATION, *ends, label="DerivedFrom")

    story.tell("fit-2", reads=("s3://b/far/x.csv",))

    assert (FOLDER, "s3://b/far/x.csv") in story.derived()


def test_a_repeated_step_adds_what_a_kill_has_left_out(story: Story) -> None:
    story.tell("split", writes=(FOLDER,))
    story.tell("fit", reads=(FILE,))
    for link in story.links.all(LinkKind.ASSOCIATION):
        if link.label == "DerivedFrom":
            story.links.remove(LinkKind.ASSOCIATION, link.source, link.target)
    component = story.records.get(COMPONENT, "fit")

    story.lineage.follow(component, again=True)

    assert story.derived() == {(FOLDER, FILE)}


def test_a_folder_whose_writer_was_half_forgotten_goes_with_its_edges(story: Story) -> None:
    story.tell("split", writes=(FOLDER,))
    story.tell("fit", reads=(FILE,))
    # The state after a kill during the deletion of the writer.
    story.records.delete(COMPONENT, "split")
    story.links.remove_all(LinkKind.ASSOCIATION, sagemaker_arn(REGION, ACCOUNT, COMPONENT, "split"))

    story.tell("fit-2", reads=(FILE,))

    assert story.derived() == set()
    assert story.places() == {FILE}


def test_hundreds_of_files_come_from_one_folder(story: Story) -> None:
    story.tell("fit", reads=tuple(f"{FOLDER}/{number}.csv" for number in range(450)))

    story.tell("split", writes=(FOLDER,))

    assert len(story.derived()) == 450


@pytest.mark.parametrize(
    ("uri", "folders"),
    [
        ("s3://b/a/c/x.csv", ["s3://b/a/c", "s3://b/a"]),
        ("s3://b/a//x.csv", ["s3://b/a"]),
        ("s3://b/a/c/", ["s3://b/a"]),
        ("s3://b/x.csv", []),
        ("s3://b/", []),
        ("s3://b", []),
    ],
)
def test_the_folders_above_are_told_from_the_nearest_on(uri: str, folders: list[str]) -> None:
    assert list(folders_above(uri)) == folders


@sqlite_only
def test_another_reader_of_a_file_costs_the_same_however_many_there_are(
    tmp_path: Path,
) -> None:
    database = open_database(tmp_path / "clary.db")
    story = Story(database)
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    def cost_of(name: str) -> int:
        nonlocal steps
        steps = 0
        story.tell(name, reads=(FILE,), writes=(f"s3://b/models/{name}",))
        return steps

    # All of it is done by the connection that writes.
    with database.write() as connection:
        connection.connection.set_progress_handler(count, 10)  # type: ignore[attr-defined]
    story.tell("writer", writes=(FOLDER,))
    cost_of("first")
    few = cost_of("second")
    for number in range(200):
        story.tell(f"reader-{number}", reads=(FILE,))
    many = cost_of("last")

    assert few > 0
    assert many < 1.5 * few
    database.close()
