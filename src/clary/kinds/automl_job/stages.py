"""The stages of an Autopilot job: which jobs it makes next, and when a stage is over.

Each function takes the record with its present book, and decides about jobs of one stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.kinds.decision import Decision, FileQuestion, ToMake

from .book import (
    ANALYSIS,
    CANDIDATE,
    ENDPOINT,
    ENDPOINT_KIND,
    EXPLAINABILITY,
    FEATURES,
    INSIGHTS,
    PIPELINE,
    PROCESSING_JOB,
    TRAINING_JOB,
    TUNER,
    TUNING_JOB,
    best_of,
    entries_of,
    failed,
    is_at_work,
    new_entry,
)
from .deployment import deployment
from .forms import ENSEMBLING, wishes_of
from .jobs import (
    MOST_AT_ONCE,
    MOST_CANDIDATES,
    analysis_request,
    apply_request,
    candidate_request,
    fit_request,
    report_request,
    tuning_request,
)
from .locations import locations_of
from .plan import SIZE_LIMIT, read_plan

if TYPE_CHECKING:
    from clary.kinds.decision import Seen

Document = dict[str, Any]

PLAN = "plan"
"""The question that reads the plan, and the key of its answer."""

_NAMES = {
    PROCESSING_JOB: "ProcessingJobName",
    TRAINING_JOB: "TrainingJobName",
    TUNING_JOB: "HyperParameterTuningJobName",
}


def go_on(record: Document, seen: Seen, now: float) -> Decision:
    """The next jobs, or what else follows while nothing ends the whole."""
    if not entries_of(record["_Book"], ANALYSIS):
        made = (ANALYSIS, PROCESSING_JOB, "", analysis_request(record))
        return _book(record, [made], now, "AnalyzingData")
    if any(map(is_at_work, entries_of(record["_Book"], ANALYSIS))):
        return Decision()
    if "_Plan" not in record:
        return _read_plan(record, seen)
    if not is_trained(record):
        train = _train_candidates if record["_Plan"]["Mode"] == ENSEMBLING else _tune
        return train(record, now)
    return _finish(record, now)


def most_candidates(record: Document, plan: Document) -> int:
    """How many candidates are trained; a search may have enough before."""
    asked = wishes_of(record).max_candidates
    if plan["Mode"] != ENSEMBLING:
        return asked or MOST_CANDIDATES
    planned = len(plan["Candidates"])
    return min(planned, asked or planned)


def is_trained(record: Document) -> bool:
    """Whether no further candidate follows and none is at work."""
    book = record["_Book"]
    candidates = entries_of(book, CANDIDATE)
    if any(map(is_at_work, candidates)):
        return False
    if record["_Plan"]["Mode"] == ENSEMBLING:
        return len(candidates) >= most_candidates(record, record["_Plan"])
    tuners = entries_of(book, TUNER)
    return bool(tuners) and not any(map(is_at_work, tuners))


def fitted_pipelines(record: Document) -> dict[str, str]:
    """The pipelines whose features are there, with their archives."""
    fits = {entry["Of"]: entry for entry in entries_of(record["_Book"], PIPELINE)}
    return {
        entry["Of"]: fits[entry["Of"]]["Model"]
        for entry in entries_of(record["_Book"], FEATURES)
        if entry["Status"] == "Completed"
    }


def are_all_pipelines_failed(record: Document) -> bool:
    book = record["_Book"]
    lost = {
        entry["Of"] for entry in [*entries_of(book, PIPELINE), *entries_of(book, FEATURES)] if failed(entry)
    }
    return len(lost) == len(record["_Plan"]["Pipelines"])


def are_reports_done(record: Document) -> bool:
    reports = [entry for role in (EXPLAINABILITY, INSIGHTS) for entry in entries_of(record["_Book"], role)]
    return len(reports) == 2 and not any(map(is_at_work, reports))


def _read_plan(record: Document, seen: Seen) -> Decision:
    """Asks for the plan, and keeps it. A plan that was refused ends the job before."""
    locations = locations_of(record)
    if PLAN not in seen.answers:
        return Decision(ask=FileQuestion(PLAN, f"{locations.plan}/plan.json", SIZE_LIMIT, read_plan))
    plan = seen.answers[PLAN]["Plan"]
    asked = record["AutoMLProblemTypeConfig"]["TabularJobConfig"].get("CompletionCriteria", {})
    changes: Document = {
        "_Plan": plan,
        "AutoMLJobSecondaryStatus": "FeatureEngineering",
        "AutoMLJobArtifacts": {
            f"{what}NotebookLocation": f"{locations.notebooks}/SageMakerAutopilot{what}Notebook.ipynb"
            for what in ("DataExploration", "CandidateDefinition")
        },
        "ResolvedAttributes": {
            "AutoMLJobObjective": {"MetricName": plan["Metric"]},
            "ProblemType": plan["ProblemType"],
            "CompletionCriteria": {**asked, "MaxCandidates": most_candidates(record, plan)},
            "AutoMLProblemTypeResolvedAttributes": {
                "TabularResolvedAttributes": {"ProblemType": plan["ProblemType"]}
            },
        },
    }
    return Decision(changes)


def _train_candidates(record: Document, now: float) -> Decision:
    candidates = entries_of(record["_Book"], CANDIDATE)
    free = MOST_AT_ONCE - sum(map(is_at_work, candidates))
    begun = len(candidates)
    wanted = record["_Plan"]["Candidates"][
        begun : min(begun + free, most_candidates(record, record["_Plan"]))
    ]
    if not wanted:
        return Decision()
    made = [
        (CANDIDATE, TRAINING_JOB, candidate["Name"], candidate_request(record, number, candidate))
        for number, candidate in enumerate(wanted, begun + 1)
    ]
    return _book(record, made, now, "ModelTuning")


def _tune(record: Document, now: float) -> Decision:
    """Fits the pipelines, applies each that is fitted, then searches all of them in one tuning job."""
    book, plan = record["_Book"], record["_Plan"]
    fits = {entry["Of"]: entry for entry in entries_of(book, PIPELINE)}
    applied = {entry["Of"] for entry in entries_of(book, FEATURES)}
    made = [
        (PIPELINE, TRAINING_JOB, pipeline["Name"], fit_request(record, pipeline))
        for pipeline in plan["Pipelines"]
        if pipeline["Name"] not in fits
    ]
    made += [
        (FEATURES, PROCESSING_JOB, name, apply_request(record, name, entry["Model"]))
        for name, entry in fits.items()
        if name not in applied and entry["Status"] == "Completed"
    ]
    if made:
        return _book(record, made, now, "FeatureEngineering")
    if entries_of(book, TUNER) or any(map(is_at_work, book)):
        return Decision()
    request = tuning_request(record, fitted_pipelines(record))
    return _book(record, [(TUNER, TUNING_JOB, "", request)], now, "ModelTuning")


def _finish(record: Document, now: float) -> Decision:
    """The reports of the best candidate, then its endpoint."""
    book, status = record["_Book"], record["AutoMLJobSecondaryStatus"]
    if status == "ModelTuning" and len(entries_of(book, CANDIDATE)) == wishes_of(record).max_candidates:
        return Decision({"AutoMLJobSecondaryStatus": "MaxCandidatesReached"})
    best = best_of(book, record["_Plan"]["Metric"])
    assert best is not None, "a job without a best candidate has failed before"
    explainability, insights = entries_of(book, EXPLAINABILITY), entries_of(book, INSIGHTS)
    if not explainability:
        locations = locations_of(record)
        reports = (
            (EXPLAINABILITY, EXPLAINABILITY, locations.explainability(best["Name"])),
            (INSIGHTS, "model-quality", locations.insights(best["Name"])),
        )
        made = [
            (role, PROCESSING_JOB, best["Name"], report_request(record, report, best, location))
            for role, report, location in reports
        ]
        return _book(record, made, now, "GeneratingExplainabilityReport")
    if any(map(is_at_work, [*explainability, *insights])):
        is_next = not any(map(is_at_work, explainability)) and status != "GeneratingModelInsightsReport"
        return Decision({"AutoMLJobSecondaryStatus": "GeneratingModelInsightsReport"} if is_next else {})
    if "_EndpointName" not in record or entries_of(book, ENDPOINT):
        return Decision()
    writes, endpoint = deployment(record, best)
    entry = new_entry(ENDPOINT, ENDPOINT_KIND, record["_EndpointName"], now, best["Name"])
    changes = {"_Book": [*book, entry], "AutoMLJobSecondaryStatus": "DeployingModel"}
    return Decision(changes, write=writes, make=[endpoint])


def _book(
    record: Document, made: list[tuple[str, str, str, Document]], now: float, secondary: str
) -> Decision:
    """made: (role, kind of record, what it belongs to, request) of each new job."""
    entries = [new_entry(role, kind, request[_NAMES[kind]], now, of) for role, kind, of, request in made]
    changes = {"_Book": [*record["_Book"], *entries], "AutoMLJobSecondaryStatus": secondary}
    return Decision(changes, make=[ToMake(kind, request) for _, kind, _, request in made])
