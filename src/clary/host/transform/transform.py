"""Transforms the objects of one instance, one after the other."""

from __future__ import annotations

import json
import os
import time
from typing import IO, TYPE_CHECKING

from clary.domain.json_path import BadJsonPath

from ..client.s3 import S3Uri
from ..errors import ClientError
from ..inputs.channels import channel_objects
from ..outputs.delivery import put
from .filters import Filters, UnfitRecord
from .records import Batch, batches, opened, records
from .sender import ModelServer, RequestChannel, RequestFailed, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clary.domain.hosts import TransformSpec

    from ..client.objects import ObjectSource
    from ..inputs.fetching import Staged
    from .records import InputRecord

MB = 1 << 20
DEFAULT_PAYLOAD_BYTES = 6 * MB
DEFAULT_CONCURRENCY = 1
MOST_CONCURRENCY = 64
MOST_PARAMETERS_BYTES = 65_536


class ModelFailed(Exception):
    """The server could not answer a record. The message names the object and the record."""


class Transform:
    """Runs in a thread of its own, with connections of its own."""

    def __init__(
        self,
        spec: TransformSpec,
        server: ModelServer,
        source: ObjectSource,
        scratch: Path,
        say: Callable[[str], None],
        stopped: Callable[[], bool],
    ) -> None:
        """scratch: a folder for one object and its answers. say: writes into the log. Raises ClientError."""
        self._spec = spec
        self._server = server
        self._source = source
        self._scratch = scratch
        self._say = say
        self._stopped = stopped
        try:
            self._filters = Filters.of(spec)
        except BadJsonPath as error:
            raise ClientError(f"A filter of DataProcessing is no JSONPath: {error}") from error

    def run(self) -> None:
        """Transforms every object. Raises ClientError, ModelFailed and OSError."""
        self._choose()
        objects = channel_objects(self._spec.input, self._source)
        for number, one in enumerate(objects, start=1):
            if self._stopped():
                return
            began = time.monotonic()
            count, requests = self._transform(one)
            self._say(
                f"Clary: {number} of {len(objects)} objects: {one.uri}, {count} records in {requests} "
                f"requests, {time.monotonic() - began:.1f} s"
            )

    def _choose(self) -> None:
        """Takes what the job leaves open from the server, where it says it (GET /execution-parameters)."""
        said = self._execution_parameters()
        spec = self._spec
        payload, concurrency = said.get("MaxPayloadInMB"), said.get("MaxConcurrentTransforms")
        given = payload * MB if isinstance(payload, int) and 0 < payload <= 100 else DEFAULT_PAYLOAD_BYTES
        self._payload_bytes = given if spec.payload_bytes is None else spec.payload_bytes
        if spec.concurrency is not None:
            concurrency = spec.concurrency
        self._concurrency = DEFAULT_CONCURRENCY
        if isinstance(concurrency, int):
            self._concurrency = max(1, min(concurrency, MOST_CONCURRENCY))
        self._one_record = spec.one_record
        if self._one_record is None:
            self._one_record = said.get("BatchStrategy") == "SINGLE_RECORD"

    def _execution_parameters(self) -> dict[str, object]:
        channel = RequestChannel(self._server)
        try:
            status, body = channel.get("/execution-parameters")
            said = json.loads(body) if status == 200 and len(body) <= MOST_PARAMETERS_BYTES else {}
        except (RequestFailed, ValueError, RecursionError):
            return {}
        finally:
            channel.close()
        return said if isinstance(said, dict) else {}

    def _transform(self, one: Staged) -> tuple[int, int]:
        """Transforms one object; returns how many records and requests it had."""
        data, results = self._scratch / "transform.in", self._scratch / "transform.out"
        try:
            with self._fetched(one, data) as file, open(results, "w+b") as out:
                counted = self._answered(one, opened(file, self._spec.compression), out)  # type: ignore[arg-type]
                if not self._stopped():
                    out.flush()
                    put(self._source, self._output(one), out.fileno())
                return counted
        finally:
            for path in (data, results):
                path.unlink(missing_ok=True)

    def _fetched(self, one: Staged, path: Path) -> IO[bytes]:
        """Opens the object: its file on this machine, or a copy."""
        if one.item.path:
            try:
                return open(one.item.path, "rb")
            except FileNotFoundError:
                pass  # replaced since it was located; S3 has the present one
        file = open(path, "w+b")  # noqa: SIM115 - the caller closes it

        def restart() -> None:
            file.seek(0)
            file.truncate()

        try:
            self._source.read(one.bucket, one.item, file.write, restart)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def _output(self, one: Staged) -> S3Uri:
        base = S3Uri.parse(self._spec.output_uri.rstrip("/"))
        name = one.relative or os.path.basename(one.item.key)
        return S3Uri(base.bucket, f"{base.key}/{name}.out".lstrip("/"))

    def _answered(self, one: Staged, stream: IO[bytes], out: IO[bytes]) -> tuple[int, int]:
        count = requests = 0
        for batch, body, answer in answers(
            self._bodies(one, stream), self._server, self._concurrency, self._stopped
        ):
            if isinstance(answer, RequestFailed):
                raise self._failure(one, batch, answer)
            count, requests = count + len(batch.records), requests + 1
            try:
                self._keep(batch, answer, out)
            except UnfitRecord as error:
                raise ClientError(f"{self._named(one, batch)}: the answer can't be kept: {error}") from error
            del body
        return count, requests

    def _bodies(self, one: Staged, stream: IO[bytes]) -> Iterator[tuple[Batch, bytes]]:
        assert self._one_record is not None
        found = records(stream, self._spec.split, self._payload_bytes, one.uri)
        lines = self._spec.split == "Line"
        for batch in batches(
            found, one_record=self._one_record, most_bytes=self._payload_bytes, gap=1 if lines else 0
        ):
            yield batch, self._body(one, batch)

    def _body(self, one: Staged, batch: Batch) -> bytes:
        parts = [data for _, data in batch.records]
        if self._filters.change_records:
            parts = [self._sent(one, record) for record in batch.records]
        return (b"\n" if self._spec.split == "Line" else b"").join(parts)

    def _sent(self, one: Staged, record: InputRecord) -> bytes:
        try:
            return self._filters.sent(record[1])
        except UnfitRecord as error:
            raise ClientError(f"{self._named(one, Batch((record,)))}: {error}") from error

    def _keep(self, batch: Batch, answer: bytes, out: IO[bytes]) -> None:
        end = b"\n" if self._spec.line_ends else b""
        if not self._filters.change_answers:
            out.write(answer)
            if end and answer and not answer.endswith(end):
                out.write(end)
            return
        # Rows that were put together again would run into each other without a line end.
        end = end or (b"\n" if self._filters.as_csv else b"")
        for kept in self._filters.kept([data for _, data in batch.records], answer):
            out.write(kept + end)

    def _failure(self, one: Staged, batch: Batch, failed: RequestFailed) -> Exception:
        """The error for a batch, with the first record that fails alone, where there is one."""
        batch, failed = self._narrowed(one, batch, failed)
        message = f"{self._named(one, batch)}: {failed}"
        return ClientError(message) if 400 <= failed.status < 500 else ModelFailed(message)

    def _narrowed(self, one: Staged, batch: Batch, failed: RequestFailed) -> tuple[Batch, RequestFailed]:
        """Halves a batch that fails until one record is left. Each step sends one or two requests."""
        channel = RequestChannel(self._server)
        try:
            while len(batch.records) > 1 and failed.status and not self._stopped():
                for half in batch.halves():
                    try:
                        channel.ask(self._body(one, half))
                    except RequestFailed as error:
                        batch, failed = half, error
                        break
                else:
                    break  # the halves are answered, so the records fail only together
        finally:
            channel.close()
        return batch, failed

    def _named(self, one: Staged, batch: Batch) -> str:
        return f"{one.uri}{batch.named(self._spec.split)}"
