"""Jobs in Studio: run again, followed, compared with what the server says."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tests.journeys.clients import client_prefix
from tests.journeys.endpoints import FIRST_BUILD_S, Endpoints
from tests.journeys.jobs import TRAINING, Jobs, unique_name
from tests.journeys.processing_jobs import ProcessingJobs
from tests.journeys.server import Server
from tests.studio.chromium import Page
from tests.studio.site.site import TEXT, Studio

from clary.compute.environments import environments_root

PASSWORD = "Correct-horse-1"


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
    studio.page.wait("document.querySelector('.badge')?.innerText === 'Completed'")

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
    studio.page.wait("document.querySelector('.badge')?.innerText === 'Completed'")

    name = str(studio.page.evaluate("location.pathname.split('/').pop()"))
    assert processing.files(name).keys() == processing.files(processed).keys()


def test_jobs_are_filtered_chosen_and_stopped(studio: Studio, jobs: Jobs, failed: str) -> None:
    names = [jobs.create("fitting.py", hyperparameters={"steps": 5000, "pause": 0.05}) for _ in range(2)]
    studio.open("/training-jobs")
    for name in names:
        studio.wait_for(name)
    studio.type("Property", "HyperParameters.pause")
    studio.type("Operator", "=")
    studio.type("Value", "0.05")
    studio.click("Filter")
    studio.page.wait("document.querySelector('.job-chip')")
    studio.page.wait(f"!({TEXT}).includes('{failed}')")
    assert "filter=" in studio.address
    assert studio.complaints() == []

    for name in names:
        studio.page.evaluate(f"document.querySelector('[aria-label=\"Choose {name}\"]').click()")
    studio.click("Stop 2 jobs")
    studio.wait_for("Stop 2 jobs?")
    studio.click("Stop them")

    for name in names:
        assert jobs.wait(name)["TrainingJobStatus"] == "Stopped"
    studio.page.wait("!document.querySelector('.selection-bar')")


def test_jobs_are_chosen_and_compared(studio: Studio, trained: str, failed: str) -> None:
    def choose(name: str, *, shift: bool = False) -> None:
        box = f"document.querySelector('[aria-label=\"Choose {name}\"]')"
        studio.page.wait(box)
        place = f"(({{left, top}}) => [left + 5, top + 5])({box}.getBoundingClientRect())"
        studio.page.click(*studio.page.evaluate(place), shift=shift)

    # Both, whatever other tests have made between them.
    studio.open("/training-jobs?sort=Name&ascending=true&search=fitting")
    studio.wait_for(trained)
    shown = studio.rows()
    choose(shown[0])
    studio.wait_for("1 chosen")
    choose(shown[-1], shift=True)
    studio.wait_for(f"{len(shown)} chosen")
    assert studio.complaints() == []

    studio.open(studio.address)
    studio.wait_for(f"{len(shown)} chosen")
    studio.click("Compare")

    studio.page.wait("location.pathname === '/studio/compare'")
    studio.wait_for(f"Compare {len(shown)} runs")
    studio.page.wait(f"[{trained!r}, {failed!r}].every((name) => ({TEXT}).includes(name))")


def test_a_job_shows_its_packages_and_its_tags_are_changed(studio: Studio, jobs: Jobs, trained: str) -> None:
    arn = jobs.describe(trained)["TrainingJobArn"]
    studio.open(f"/training-jobs/{trained}")
    studio.wait_for("vision")
    studio.page.evaluate("document.querySelector('.software summary').click()")
    studio.page.wait("/pip==/.test(document.querySelector('.packages')?.innerText ?? '')")

    studio.type("Key of a new tag", "owner")
    studio.type("Value of a new tag", "ada")
    studio.click("Add tag")
    studio.wait_for("ada")
    assert studio.complaints() == []
    studio.page.evaluate("document.querySelector('[title=\"Remove the tag owner\"]').click()")
    studio.page.wait(f"!({TEXT}).includes('ada')")

    assert jobs.clients("sagemaker").list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "team", "Value": "vision"}
    ]


def test_each_firing_of_a_rule_stands_at_its_step(studio: Studio, judged: str) -> None:
    studio.open(f"/training-jobs/{judged}")
    studio.wait_for("What they have seen")
    studio.click("What they have seen")
    studio.wait_for("VanishingGradient")
    studio.page.wait("document.querySelectorAll('.firings tbody tr').length > 3")

    first = studio.page.evaluate("document.querySelector('.firings tbody tr').innerText")
    assert "gradient/" in first
    assert "below" in first
    assert studio.page.evaluate("document.querySelector('.badge.stopped').innerText") == "Issues found"
    assert studio.complaints() == []

    studio.open("/")
    studio.wait_for("Found by rules")
    studio.wait_for(judged)
    studio.wait_for("Vanishing")
    studio.wait_for("Environments")
    assert studio.complaints() == []


def test_the_use_of_each_host_is_drawn(studio: Studio, jobs: Jobs) -> None:
    name = jobs.create("fitting.py", instances=2, hyperparameters={"steps": 5000, "pause": 0.05})
    studio.open(f"/training-jobs/{name}?tab=system")
    studio.page.wait("document.querySelectorAll('.charts canvas').length >= 4")
    studio.wait_for("Memory")
    studio.wait_for("algo-2")
    assert studio.complaints() == []
    jobs.clients("sagemaker").stop_training_job(TrainingJobName=name)


def test_a_processing_job_has_its_page(studio: Studio, processing: ProcessingJobs, processed: str) -> None:
    job = processing.describe(processed)
    studio.open("/processing-jobs")
    studio.click(processed)
    studio.wait_for("Status over time")
    text = studio.page.evaluate(TEXT)
    shown = [
        job["ProcessingJobArn"],
        job["AppSpecification"]["ImageUri"],
        job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"],
        job["RoleArn"],
        "Processing",
    ]
    assert [each for each in shown if each not in text] == []
    assert studio.complaints() == []
    studio.click("Log")
    studio.wait_for("line 2")


def test_a_transform_job_has_its_pages_and_is_run_again(studio: Studio, jobs: Jobs) -> None:
    sagemaker, s3 = jobs.clients("sagemaker"), jobs.clients("s3")
    name = unique_name("scoring")
    s3.put_object(Bucket=jobs.bucket, Key=f"{name}/rows/a.jsonl", Body=b'{"value": 1}\n{"value": 2}\n')
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=Endpoints(jobs.clients, jobs.bucket, jobs.role_arn).model(3),
        TransformInput={
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{jobs.bucket}/{name}/rows/"}
            },
            "ContentType": "application/json",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{jobs.bucket}/{name}/scores", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        BatchStrategy="SingleRecord",
    )
    studio.open("/transform-jobs")
    studio.click(name)
    # Live: the page was opened while the job ran.
    studio.page.wait("document.querySelector('.status')?.innerText.includes('Completed')", FIRST_BUILD_S)
    text = studio.page.evaluate(TEXT)
    shown = ["Transforming", "SingleRecord", f"s3://{jobs.bucket}/{name}/scores", "Trial component"]
    assert [each for each in shown if each not in text] == []
    assert studio.complaints() == []
    studio.click("Log")
    studio.wait_for("2 records in 2 requests")

    studio.click("Run again")
    studio.wait_for("2 changes")
    studio.click("Start the job")
    studio.page.wait("!location.pathname.endsWith('/again')")
    again = studio.address.rpartition("/")[2]
    studio.page.wait("document.querySelector('.status')?.innerText.includes('Completed')", FIRST_BUILD_S)
    body = s3.get_object(Bucket=jobs.bucket, Key=f"{again}/scores/a.jsonl.out")["Body"].read()
    assert [json.loads(line)["answer"] for line in body.splitlines()] == [3, 6]


def test_the_code_of_a_job_runs(studio: Studio, server: Server, jobs: Jobs, trained: str) -> None:
    """With the real SDKs, in a shell that reaches the server; all at the same time."""
    studio.open(f"/training-jobs/{trained}")
    studio.click("Copy as code")
    code: dict[str, str] = {}
    for form in ("boto3", "SDK v2", "SDK v3", "clary train"):
        studio.click(form)
        studio.page.wait(f"document.querySelector('.code').getAttribute('aria-label') === 'Code for {form}'")
        studio.page.wait("document.querySelector('.code').innerText.length > 100")
        code[form] = str(studio.page.evaluate("document.querySelector('.code').innerText"))
    assert studio.complaints() == []
    # To follow the log takes the SDKs half a minute: they look every ten seconds.
    code["SDK v2"] = code["SDK v2"].replace("estimator.fit()", "estimator.fit(wait=False)")
    code["SDK v3"] = code["SDK v3"].replace("trainer.train()", "trainer.train(wait=False)")
    environ = {
        **server.client_environ(),
        "CLARY_HOME": str(server.home),
        "CLARY_ENVIRONMENTS": str(environments_root()),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    }
    commands = {
        "boto3": [sys.executable, "-c", code["boto3"]],
        "SDK v2": [client_prefix("v2") / "bin/python", "-c", code["SDK v2"]],
        "SDK v3": [client_prefix("v3") / "bin/python", "-c", code["SDK v3"]],
        "clary train": ["bash", "-c", code["clary train"]],
    }
    before = jobs.describe(trained)
    since = datetime.now(UTC)

    def run(form: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            commands[form],
            env=environ,
            cwd=TRAINING,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    with ThreadPoolExecutor() as threads:
        ended = dict(zip(commands, threads.map(run, commands), strict=True))

    assert {form: each.stderr for form, each in ended.items() if each.returncode != 0} == {}
    made = jobs.clients("sagemaker").list_training_jobs(CreationTimeAfter=since)["TrainingJobSummaries"]
    assert len(made) == len(commands)
    for each in made:
        after = jobs.wait(each["TrainingJobName"])
        assert after["TrainingJobStatus"] == "Completed"
        for parameter in ("steps", "rate"):
            assert after["HyperParameters"][parameter] == before["HyperParameters"][parameter]


def test_who_may_only_read_is_told_what_is_missing(page: Page, server: Server, trained: str) -> None:
    iam = server.session(root=True)("iam")
    iam.create_user(UserName="jobs-reader")
    iam.create_login_profile(UserName="jobs-reader", Password=PASSWORD)
    iam.attach_user_policy(
        UserName="jobs-reader", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"
    )
    studio = Studio(page, server.url)
    studio.open("/login")
    page.evaluate("localStorage.clear()")
    studio.open(f"/training-jobs/{trained}/again")
    page.wait("document.querySelector('input[name=password]')")
    page.evaluate(
        f"""(() => {{
          document.querySelector('input[name=name]').value = 'jobs-reader';
          document.querySelector('input[name=password]').value = '{PASSWORD}';
          document.querySelector('form button').click();
        }})()"""
    )
    studio.click("Start the job")

    studio.wait_for("You may not start this job")
    studio.wait_for("not authorized to perform: sagemaker:CreateTrainingJob")
    studio.open("/")
    studio.wait_for("Latest training jobs")
    studio.wait_for(trained)
