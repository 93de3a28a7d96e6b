"""DataProcessing: the part of a record that is sent, and what is kept of a record and its answer.

    record ──InputFilter──> sent ──> answer ──JoinSource──> record + answer ──OutputFilter──> kept

CSV: a record is an array of fields, and a join appends those of the answer. JSON: a join adds the member
SageMakerOutput to an object; of anything else it makes an object of SageMakerInput and SageMakerOutput.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.json_path import JsonPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.hosts import TransformSpec

CSV_TYPES = ("text/csv",)
JSON_TYPES = ("application/json", "application/jsonlines", "application/x-jsonlines")
MOST_READ_BYTES = 32 << 20
"""Of one record or answer. As objects of Python it takes many times its size, in the memory of the agent."""


class UnfitRecord(Exception):
    """A record or an answer does not fit the filters. The message completes a sentence that names it."""


@dataclass(frozen=True, slots=True)
class Filters:
    before: JsonPath
    after: JsonPath
    joins: bool
    as_csv: bool

    @classmethod
    def of(cls, spec: TransformSpec) -> Filters:
        """Raises BadJsonPath."""
        return cls(
            JsonPath.parse(spec.input_filter),
            JsonPath.parse(spec.output_filter),
            spec.joins_input,
            as_csv=_media_type(spec.content_type) in CSV_TYPES,
        )

    @property
    def change_records(self) -> bool:
        return bool(self.before.steps)

    @property
    def change_answers(self) -> bool:
        return self.joins or bool(self.after.steps)

    def sent(self, record: bytes) -> bytes:
        """What is sent of a record. Raises UnfitRecord."""
        if not self.before.steps:
            return record
        lines = record.splitlines() if self.as_csv else [record]
        return b"\n".join(self._written(self._selected(self.before, self._read(line))) for line in lines)

    def kept(self, records: Sequence[bytes], answer: bytes) -> list[bytes]:
        """What is kept of the records of one request and their answer. Raises UnfitRecord."""
        if self.as_csv:
            records = [line for record in records for line in record.splitlines()]
        answers = self._divided(answer, len(records))
        kept = []
        for record, said in zip(records, answers, strict=True):
            value = self._read(said)
            if self.joins:
                value = self._joined(self._read(record), value)
            kept.append(self._written(self._selected(self.after, value)))
        return kept

    def _divided(self, answer: bytes, count: int) -> list[bytes]:
        """The answer to each record."""
        if count == 1:
            return [answer.strip()]
        lines = [line for line in answer.splitlines() if line.strip()]
        if len(lines) != count and not self.as_csv:
            whole = self._read(answer)
            if isinstance(whole, dict) and len(whole) == 1:
                whole = next(iter(whole.values()))  # {"predictions": [...]}
            if isinstance(whole, list) and len(whole) == count:
                return [self._written(each) for each in whole]
        if len(lines) != count:
            raise UnfitRecord(
                f"{count} records were sent and {len(lines)} lines came back, so they can't be joined or "
                "filtered. Set BatchStrategy to SingleRecord, or have the model answer a line for each record"
            )
        return lines

    def _joined(self, record: Any, answer: Any) -> Any:
        if self.as_csv:
            return [*record, *answer]
        if isinstance(record, dict):
            return {**record, "SageMakerOutput": answer}
        return {"SageMakerInput": record, "SageMakerOutput": answer}

    def _selected(self, path: JsonPath, value: Any) -> Any:
        try:
            return path.select(value)
        except LookupError as error:
            raise UnfitRecord(str(error.args[0])) from error

    def _read(self, data: bytes) -> Any:
        if len(data) > MOST_READ_BYTES:
            raise UnfitRecord(f"it has {len(data)} bytes, more than the {MOST_READ_BYTES} that filters read")
        try:
            text = data.decode("utf-8")
            if not self.as_csv:
                return json.loads(text)
            return next(csv.reader([text], strict=True), [])
        except (ValueError, csv.Error, RecursionError) as error:
            raise UnfitRecord(f"it is not {'CSV' if self.as_csv else 'JSON'}: {error}") from error

    def _written(self, value: Any) -> bytes:
        if not self.as_csv:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(value if isinstance(value, list) else [value])
        return out.getvalue().encode()


csv.field_size_limit(MOST_READ_BYTES)


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
