"""The name of a host, unique among the hosts of all jobs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clary.domain.arns import Arn

TRAINING_JOB = "training-job"
PROCESSING_JOB = "processing-job"
"""Kinds of jobs, as their records and their ARNs spell them."""


@dataclass(frozen=True, slots=True)
class HostName:
    """The name of a host. As text it is the name that its agent signs with.

    ``<job>/<algo-N>`` for a training job, ``<kind>/<job>/<algo-N>`` for every other kind, because two jobs of
    different kinds may have the same name.
    """

    kind: str
    job: str
    host: str

    @classmethod
    def parse(cls, text: str) -> HostName:
        """Parses the text of a name. Raises ValueError."""
        parts = text.split("/")
        if len(parts) == 2:
            parts = [TRAINING_JOB, *parts]
        if len(parts) != 3 or not all(parts):
            raise ValueError(
                f"{text!r} does not name a host; it should look like {TRAINING_JOB}/<job>/algo-1"
            )
        return cls(*parts)

    @classmethod
    def of(cls, job_arn: str, job_name: str, host: str) -> HostName:
        """Returns the name of a host of a job.

        The ARN has the kind, and the job's name in lower case only.
        """
        return cls(Arn.parse(job_arn).resource.partition("/")[0], job_name, host)

    @property
    def number(self) -> int | None:
        """N of algo-N; None for a host outside the job's cluster, such as an evaluator of rules."""
        found = re.fullmatch(r"algo-([0-9]{1,9})", self.host)
        return int(found[1]) if found else None

    def __str__(self) -> str:
        name = f"{self.job}/{self.host}"
        return name if self.kind == TRAINING_JOB else f"{self.kind}/{name}"
