"""Submits jobs to a Ray head and waits for them. Runs in Ray's environment."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ray.job_submission import JobStatus, JobSubmissionClient

LOOK_S = 0.05


def main(address: str, command: str, count: int) -> dict[str, Any]:
    """Seconds until all jobs have ended; for a single job, also the seconds until its first line."""
    client = JobSubmissionClient(address)
    client.list_jobs()  # opens the connection and imports what is imported on first use
    began = time.time()
    jobs = [client.submit_job(entrypoint=command) for _ in range(count)]
    waiting = set(jobs)
    while waiting:
        for job in list(waiting):
            status = client.get_job_status(job)
            if status.is_terminal():
                if status != JobStatus.SUCCEEDED:
                    raise RuntimeError(f"{job} is {status}: {client.get_job_info(job)}")
                waiting.discard(job)
        if waiting:
            time.sleep(LOOK_S)
    done_s = time.time() - began
    _, said, rest = client.get_job_logs(jobs[0]).rpartition("first line ")
    return {"done_s": done_s, "first_line_s": float(rest.split()[0]) - began if said else None}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
