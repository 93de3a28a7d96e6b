"""Jobs in Studio: run again, followed, compared with what the server says."""

from __future__ import annotations

from tests.journeys.jobs import Jobs
from tests.journeys.processing_jobs import ProcessingJobs
from tests.studio.site.site import Studio


def changes(studio: Studio) -> list[str]:
    found: list[str] = studio.page.evaluate(
        "[...document.querySelectorAll('.change-name')].map((each) => each.innerText)"
    )
    return found


def test_a_job_is_changed_and_run_again(studio: Studio, jobs: Jobs, trained: str) -> None:
    studio.open(f"/training-jobs/{trained}")
    studio.click("Run again")
    studio.page.wait("document.querySelector('.changes')")
    assert changes(studio) == ["TrainingJobName"], "all else is as it was"

    studio.type("Value of steps", "7")
    studio.type("InstanceCount", "0")
    studio.page.wait("document.querySelectorAll('.change-name').length === 3")
    studio.click("Start the job")
    studio.wait_for("at least 1 host is needed")
    wrong = studio.page.evaluate("document.querySelector('[aria-invalid=true]').value")
    assert wrong == "0", "the words of the server stand at their field"
    assert studio.complaints() == []
    assert [said for said in studio.page.troubles() if "400 (Bad Request)" not in said] == []
    studio.page.forget_troubles()

    studio.open(f"/training-jobs/{trained}/again")
    studio.page.wait("document.querySelectorAll('.change-name').length === 3")
    studio.type("InstanceCount", "1")
    studio.type("TrainingJobName", f"{trained}-again")
    studio.page.wait("document.querySelectorAll('.change-name').length === 2")
    assert changes(studio) == ["TrainingJobName", "HyperParameters.steps"]
    studio.click("Start the job")
    studio.page.wait(f"location.pathname.endsWith('/{trained}-again')")
    studio.page.wait("document.querySelector('.badge')?.innerText === 'Completed'", 60)

    before, after = jobs.describe(trained), jobs.describe(f"{trained}-again")
    assert after["HyperParameters"] == {**before["HyperParameters"], "steps": "7"}
    same = ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition", "OutputDataConfig", "RoleArn")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    tags = jobs.clients("sagemaker").list_tags(ResourceArn=after["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "vision"}]


def test_a_processing_job_is_run_again(studio: Studio, processing: ProcessingJobs, processed: str) -> None:
    studio.open(f"/processing-jobs/{processed}/again")
    studio.page.wait("document.querySelector('.changes')")
    assert set(changes(studio)) == {
        "ProcessingJobName",
        "ProcessingOutputConfig.Outputs[out].S3Output.S3Uri",
    }, "it writes to a folder of its own"
    assert studio.complaints() == []

    studio.click("Start the job")
    studio.page.wait("!location.pathname.endsWith('/again')")
    studio.page.wait("document.querySelector('.badge')?.innerText === 'Completed'", 60)

    name = str(studio.page.evaluate("location.pathname.split('/').pop()"))
    assert processing.files(name).keys() == processing.files(processed).keys()
