"""A kind without hosts that makes records of another kind: training jobs, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clary.kinds.decision import Decision, RecordKey, Seen, ToMake, ToStop
from clary.kinds.kind import ENDED, Kind, NewRecord
from clary.kinds.stores import Stores

__all__ = ["KIND"]

Document = dict[str, Any]

JOB = "training-job"


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    return NewRecord({**begun, "SampleTunerStatus": "InProgress", "Made": 0, "Refused": ""})


def follows(record: Document) -> Iterable[RecordKey]:
    return [(JOB, job_name(record, number)) for number in range(record["Made"])]


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """One job at a time, each with another hyperparameter."""
    jobs = [seen.records[key] for key in follows(record)]
    at_work = [job for job in jobs if job is not None and job["TrainingJobStatus"] not in ENDED]
    if "_StopRequestedAt" in record:
        if at_work:
            running = [job["TrainingJobName"] for job in at_work if job["TrainingJobStatus"] != "Stopping"]
            return Decision(stop=[ToStop(JOB, name) for name in running])
        return _end("Stopped")
    if seen.refused:
        return _end("Failed", "; ".join(f"{name}: {reason}" for name, reason in seen.refused.items()))
    if at_work:
        return Decision()
    if record["Made"] == record["JobCount"]:
        return _end("Completed")
    number = record["Made"]
    request = {
        **record["Definition"],
        "TrainingJobName": job_name(record, number),
        "HyperParameters": {"number": str(number)},
        "Tags": [{"Key": "tuner", "Value": record["SampleTunerName"]}],
    }
    return Decision({"Made": number + 1}, make=[ToMake(JOB, request)])


def _end(status: str, refused: str = "") -> Decision:
    return Decision({"SampleTunerStatus": status, "Refused": refused}, status, finished=True)


def job_name(record: Document, number: int) -> str:
    return f"{record['SampleTunerName']}-{number}"


KIND = Kind(record_kind="sample-tuner", noun="SampleTuner", make=make, next_state=next_state, follows=follows)
