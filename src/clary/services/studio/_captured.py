"""What a training job has saved: where it is, and whether the caller may read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import BadRequest, NotFound
from clary.kinds.records import find_record
from clary.kinds.training_job import KIND
from clary.services.reading import FolderObject

from ._request import require

if TYPE_CHECKING:
    from clary.services.context import Context, Record
    from clary.store.objects import OpenObject

TENSORS, PROFILE = "tensors", "profile"
PAGE = 1_000
MOST_PATH = 1_024


@dataclass(frozen=True, slots=True)
class SavedFolder:
    """prefix: ends with a slash."""

    bucket: str
    prefix: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def arn(self, path: str) -> str:
        return f"arn:aws:s3:::{self.bucket}/{self.prefix}{path}"


@dataclass(frozen=True, slots=True)
class Captured:
    """A training job and the folders that it saves to. Implements SavedFolders, for the reading process.

    The process gives paths below these folders, and S3 has no way up: ``..`` is a part of a key.
    """

    ctx: Context
    job: Record
    places: dict[str, SavedFolder] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.job["TrainingJobName"])

    def place(self, place: str) -> SavedFolder:
        """Raises NotFound for a place that the job does not have."""
        try:
            return self.places[place]
        except KeyError:
            raise NotFound(_NOTHING.get(place, "{name} has no such place").format(name=self.name)) from None

    def require(self, place: str) -> str:
        """Checks that the caller may read what is there. Returns a key for what the answer is made of.

        The objects are checked one by one when they are opened. What was read for one caller is not given to
        another.
        """
        where = self.place(place)
        require(self.ctx, "s3:GetObject", where.arn(""))
        return f"{self.ctx.caller.arn} {where.uri}"

    def list(self, place: str, folder: str, after: str) -> tuple[list[FolderObject], str]:
        where = self.place(place)
        require(self.ctx, "s3:GetObject", where.arn(folder))
        page = self.ctx.blobs.objects.page(
            where.bucket,
            prefix=where.prefix + folder[:MOST_PATH],
            after=where.prefix + after[:MOST_PATH] if after else "",
            limit=PAGE,
        )
        cut = len(where.prefix)
        # Older ones are those of an earlier job of the same name. Another S3 knows whole seconds only.
        created_at = int(self.job["CreationTime"])
        found = [
            FolderObject(row.key[cut:], row.size, row.etag)
            for row in page.rows
            if row.modified_at >= created_at
        ]
        return found, page.last[cut:] if page.truncated else ""

    def open(self, place: str, path: str) -> OpenObject | None:
        where = self.place(place)
        require(self.ctx, "s3:GetObject", where.arn(path))
        if len(path) > MOST_PATH:
            return None
        return self.ctx.blobs.objects.open(where.bucket, where.prefix + path)


_NOTHING = {
    TENSORS: "{name} has no DebugHookConfig, so it saves no tensors",
    PROFILE: "{name} has no ProfilerConfig, so it has no profile",
}


def captured(ctx: Context, name: str) -> Captured:
    """The job of a name. Raises Denied for a caller who may not describe it, NotFound."""
    require(
        ctx, "sagemaker:DescribeTrainingJob", sagemaker_arn(ctx.region, ctx.account, KIND.record_kind, name)
    )
    job = find_record(ctx, KIND, name)
    saved = KIND.saves(job)
    uris: dict[str, Any] = {
        TENSORS: saved.tensors if saved else "",
        PROFILE: saved.profile if saved else "",
    }
    return Captured(ctx, job, {place: _parsed(uri) for place, uri in uris.items() if uri})


def _parsed(uri: str) -> SavedFolder:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise BadRequest(f"{uri} is no place in S3")
    return SavedFolder(bucket, "/".join(part for part in key.split("/") if part) + "/")
