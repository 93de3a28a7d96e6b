"""Tuning jobs in Studio: a search that runs, and what it has found."""

from __future__ import annotations

from tests.journeys.jobs import Jobs, unique_name
from tests.studio.site.site import TEXT, Studio

TRIALS = 6


def tuning(jobs: Jobs, name: str, metric: str = "loss") -> None:
    """Creates a tuning job over one hyperparameter: the loss that the script logs is its value."""
    training = jobs.request("objective.py", name=name, metrics={metric: f"{metric}=([0-9.]+)"})
    members = ("AlgorithmSpecification", "RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    jobs.clients("sagemaker").create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": metric},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": TRIALS, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}]
            },
            "RandomSeed": 3,
        },
        TrainingJobDefinition={
            "StaticHyperParameters": training["HyperParameters"],
            **{member: training[member] for member in members},
        },
    )


def shown(studio: Studio, column: str) -> list[str]:
    cells = f"document.querySelectorAll('[role=gridcell][data-column={column}]')"
    found: list[str] = studio.page.evaluate(f"[...{cells}].map((each) => each.innerText)")
    return found


def test_a_tuning_job_is_followed_and_its_trials_are_sorted(studio: Studio, jobs: Jobs) -> None:
    sagemaker = jobs.clients("sagemaker")
    name = unique_name("searched")
    studio.open("/tuning-jobs")
    tuning(jobs, name)
    studio.wait_for(name)
    assert studio.complaints() == []
    studio.click(name)
    studio.wait_for("How it searches")

    # Without a reload: trials come while the page is open.
    studio.page.wait(
        f"({TEXT}).includes('Best trial') && document.querySelectorAll('.data-row').length === {TRIALS}"
    )
    studio.page.wait("document.querySelector('.badge')?.innerText === 'Completed'")
    job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    best = job["BestTrainingJob"]["TrainingJobName"]
    studio.page.wait("document.querySelector('.data-row .best')")
    assert best in str(
        studio.page.evaluate("document.querySelector('.data-row .best').closest('.data-row').innerText")
    )
    studio.page.wait("document.querySelector('.echart canvas')")
    assert studio.complaints() == []

    studio.page.evaluate("document.querySelector('[role=columnheader][data-column=value] .sortable').click()")
    studio.page.wait("location.search.includes('sort=value')")
    losses = [float(text) for text in shown(studio, "value")]
    assert losses == sorted(losses)
    assert shown(studio, "name")[0].split()[0] == best

    studio.page.evaluate(
        f"[...document.querySelectorAll('.data-row a')].find((each) => each.innerText === '{best}').click()"
    )
    studio.page.wait(f"location.pathname.endsWith('/training-jobs/{best}')")
    studio.click(name)
    studio.page.wait(f"location.pathname.endsWith('/tuning-jobs/{name}')")


def test_a_tuning_job_says_why_it_failed_and_is_run_again(studio: Studio, jobs: Jobs) -> None:
    name = unique_name("unlogged")
    tuning(jobs, name, metric="accuracy")
    studio.open(f"/tuning-jobs/{name}")
    studio.wait_for("Why it failed")
    studio.wait_for("accuracy")
    assert studio.complaints() == []

    studio.click("Run again")
    studio.page.wait("document.querySelector('.changes')")
    studio.click("Start the job")
    studio.page.wait("!location.pathname.endsWith('/again')")
    again = studio.address.rpartition("/")[2]
    studio.wait_for("Why it failed")
    described = [
        jobs.clients("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=each)
        for each in (name, again)
    ]
    config = "HyperParameterTuningJobConfig"
    assert described[0][config] == described[1][config]
