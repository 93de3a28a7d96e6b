"""The locations in S3 of what an Autopilot job's jobs write, laid out as AWS lays them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Locations:
    """base: the folder of the Autopilot job. analysis: the name of its first processing job."""

    base: str
    analysis: str

    @property
    def train(self) -> str:
        return f"{self.base}/preprocessed-data/tuning_data/train"

    @property
    def validation(self) -> str:
        return f"{self.base}/preprocessed-data/tuning_data/validation"

    @property
    def plan(self) -> str:
        return f"{self.base}/sagemaker-automl-candidates/{self.analysis}/plan"

    @property
    def notebooks(self) -> str:
        return f"{self.base}/sagemaker-automl-candidates/{self.analysis}/notebooks"

    @property
    def pipelines(self) -> str:
        return f"{self.base}/data-processor-models"

    @property
    def models(self) -> str:
        return f"{self.base}/tuning"

    def transformed(self, pipeline: str, part: str) -> str:
        return f"{self.base}/transformed-data/{pipeline}/{part}"

    def explainability(self, candidate: str) -> str:
        return f"{self.base}/documentation/explainability/output/{candidate}"

    def insights(self, candidate: str) -> str:
        return f"{self.base}/documentation/model_monitor/output/{candidate}"


def locations_of(record: Document) -> Locations:
    output = record["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    return Locations(f"{output}/{record['AutoMLJobName']}", record["_AnalysisName"])
