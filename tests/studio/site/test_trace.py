"""Trial details, artifacts and lineage in a real browser, over real jobs and what the real SDKs log."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from tests.journeys.clients import Client, client_prefix
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.processing_jobs import ProcessingJobs, given
from tests.journeys.server import Server, wait_for
from tests.studio.site.conftest import SCRIPT
from tests.studio.site.site import AXE, METRICS, TEXT, Studio


@pytest.fixture(scope="module")
def chain(jobs: Jobs, processing: ProcessingJobs) -> dict[str, Any]:
    """raw -> preprocessing -> clean -> training -> model, in a trial."""
    sagemaker = jobs.clients("sagemaker")
    experiment = unique_name("digits")
    sagemaker.create_experiment(ExperimentName=experiment)
    sagemaker.create_trial(TrialName=f"{experiment}-trial", ExperimentName=experiment)
    raw = jobs.upload(f"{experiment}/raw/numbers.txt", b"1\n2\n3\n")
    prepared = str(processing.run("halving.py", inputs=(given("raw", raw),))["ProcessingJobName"])
    job = jobs.run(
        SCRIPT,
        hyperparameters={"steps": 40, "rate": 0.2},
        metrics=METRICS,
        inputs={"train": processing.results(prepared)},
        ExperimentConfig={"TrialName": f"{experiment}-trial"},
    )
    model = job["ModelArtifacts"]["S3ModelArtifacts"]
    wait_for(
        lambda: bool(sagemaker.list_artifacts(SourceUri=model)["ArtifactSummaries"]),
        "the model to be tracked",
    )
    name = str(job["TrainingJobName"])
    (summary,) = sagemaker.list_trial_components(SourceArn=job["TrainingJobArn"])["TrialComponentSummaries"]
    sagemaker.add_tags(ResourceArn=summary["TrialComponentArn"], Tags=[{"Key": "team", "Value": "vision"}])
    return {
        "experiment": experiment,
        "raw": raw,
        "prepared": prepared,
        "job": name,
        "arn": job["TrainingJobArn"],
        "component": f"{name}-aws-training-job",
        "model": model,
    }


@pytest.fixture(scope="module")
def logged(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the SDK's own Run and the smexperiments tracker have logged."""
    client = Client(client_prefix("v2"), server.client_environ(), tmp_path_factory.mktemp("v2"))
    seen: dict[str, Any] = client.run("logged_for_pages.py", name=unique_name("pages"))
    return seen


def text(studio: Studio) -> str:
    return str(studio.page.evaluate(TEXT))


def drawn(selector: str) -> str:
    """A condition: the canvas there has been drawn on."""
    return f"""(() => {{
      const canvas = document.querySelector({json.dumps(selector)});
      if (!canvas) return false;
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      return new Set(new Uint32Array(pixels.buffer)).size > 10;
    }})()"""


def vertices(studio: Studio) -> list[str]:
    found: list[str] = studio.page.evaluate(
        "[...document.querySelectorAll('.lineage-graph .vertex-name')].map((each) => each.innerText)"
    )
    return found


def test_trial_details_tell_all_of_a_component(studio: Studio, chain: dict[str, Any]) -> None:
    studio.open(f"/components/{chain['component']}")
    studio.wait_for("vision")
    studio.wait_for(f"{chain['experiment']}-trial")

    found = text(studio)
    wanted = [chain["component"], chain["experiment"], "loss", "rate", "0.2", "model.tar.gz", "Training job"]
    assert [each for each in wanted if each not in found] == []

    studio.page.evaluate(
        "[...document.querySelectorAll('.tabs a')].find((each) => /^Parameters/.test(each.innerText)).click()"
    )
    studio.wait_for("sagemaker_program")
    studio.open(f"/components/{chain['component']}?tab=metrics&by=Last&down=true")
    studio.wait_for("Deviation")
    names = studio.page.evaluate("[...document.querySelectorAll('tbody th')].map((each) => each.innerText)")
    assert names == ["slope", "loss"]
    studio.open(f"/components/{chain['component']}?tab=charts")
    studio.page.wait(drawn(".line-chart canvas"))


def test_the_display_name_is_changed_and_shown_at_once(
    studio: Studio, jobs: Jobs, logged: dict[str, Any]
) -> None:
    sagemaker = jobs.clients("sagemaker")
    studio.open(f"/components/{logged['run']}")
    studio.wait_for("Everything")
    studio.click("Change the display name")
    studio.page.wait("document.querySelector('[aria-label=\"Display name\"]')")
    studio.type("Display name", "Renamed-once")
    studio.click("Save")
    studio.page.wait("document.querySelector('h1')?.innerText === 'Renamed-once'")

    # And what another client does is shown without reloading.
    sagemaker.update_trial_component(TrialComponentName=logged["run"], DisplayName="Renamed-twice")
    studio.page.wait("document.querySelector('h1')?.innerText === 'Renamed-twice'")


def test_what_the_sdk_logged_is_drawn(studio: Studio, logged: dict[str, Any]) -> None:
    studio.open(f"/components/{logged['run']}?tab=charts")
    studio.wait_for("Accuracy")
    studio.wait_for("Area under the curve")
    studio.wait_for("Average precision")
    studio.page.wait(drawn("[aria-label='ROC curve roc'] canvas"))
    studio.page.wait(drawn("[aria-label='Precision recall curve precision'] canvas"))

    diagonal = studio.page.evaluate(
        "[...document.querySelectorAll('.matrix td.right')].map((each) => Number(each.innerText))"
    )
    assert (len(diagonal), sum(diagonal)) == (4, logged["right"])
    studio.click("Share of the true class")
    studio.page.wait("document.querySelector('.matrix td.right').innerText.endsWith('%')")


def test_a_logged_table_shows_only_rows_in_sight_and_runs_nothing(
    studio: Studio, logged: dict[str, Any]
) -> None:
    studio.open(f"/components/{logged['tracked']}?tab=charts")
    studio.wait_for("1,000 rows")

    assert studio.page.evaluate("document.querySelectorAll('.logged-body [role=row]').length") < 40
    studio.page.evaluate("document.querySelector('.logged-table').scrollTop = 1e6")
    hostile = "<img src=x onerror='window.ran = true'> 999"
    studio.page.wait(f"document.querySelector('.logged-table').innerText.includes({json.dumps(hostile)})")
    assert studio.page.evaluate("window.ran") is None
    assert studio.page.evaluate("document.querySelector('.logged-table img')") is None


def test_pictures_and_texts_are_shown_where_they_are_listed(studio: Studio, logged: dict[str, Any]) -> None:
    studio.open(f"/components/{logged['run']}?tab=artifacts&open=out:curve.png")
    studio.page.wait("document.querySelector('.artifact-content img')?.naturalWidth === 64")
    studio.open(f"/components/{logged['run']}?tab=artifacts&open=out:notes.txt")
    # The text is in the shadow root of its editor.
    studio.page.wait(
        "[...document.querySelectorAll('.artifact-content *')]"
        ".some((each) => each.shadowRoot?.textContent.includes('what we saw: <script>'))"
    )
    assert studio.page.evaluate("window.ran") is None


def test_a_file_that_was_replaced_or_deleted_is_told(
    studio: Studio, jobs: Jobs, logged: dict[str, Any]
) -> None:
    sagemaker, s3 = jobs.clients("sagemaker"), jobs.clients("s3")
    arn = sagemaker.describe_trial_component(TrialComponentName=logged["run"])["TrialComponentArn"]
    made: dict[str, Any] = {}
    for number, (name, content) in enumerate((("broken", b'{"type": "ConfusionMatrix"'), ("gone", b"{}"))):
        uri = jobs.upload(f"logged/{name}.json", content)
        made[name] = sagemaker.create_artifact(
            ArtifactName=name, ArtifactType="ConfusionMatrix", Source={"SourceUri": uri}
        )["ArtifactArn"]
        sagemaker.add_association(SourceArn=arn, DestinationArn=made[name], AssociationType="Produced")
        if number:
            s3.delete_object(Bucket=jobs.bucket, Key=f"logged/{name}.json")

    studio.open(f"/components/{logged['run']}?tab=charts")

    studio.wait_for("The file is no whole JSON")
    studio.wait_for("It does not lie there any more")
    for name in made:
        sagemaker.delete_association(SourceArn=arn, DestinationArn=made[name])
        sagemaker.delete_artifact(ArtifactArn=made[name])
    # What a browser writes of an answer 404 is no trouble of the page.
    assert [said for said in studio.page.troubles() if "404" not in said] == []
    studio.page.forget_troubles()


def test_a_model_leads_back_to_its_data_and_each_vertex_to_its_page(
    studio: Studio, chain: dict[str, Any]
) -> None:
    studio.open(f"/lineage?from={quote(chain['model'], safe='')}")
    studio.page.wait("document.querySelectorAll('.lineage-graph .vertex').length >= 8")

    found = vertices(studio)
    assert {"model.tar.gz", chain["job"], chain["prepared"], "raw", "python:3.11"} <= set(found)
    assert found.count("model.tar.gz") == 1
    for association in ("ContributedTo", "Produced"):
        studio.page.wait(
            "[...document.querySelectorAll('.react-flow__edge-text')]"
            f".some((each) => each.textContent === '{association}')"
        )

    studio.click(chain["prepared"])
    studio.page.wait("location.pathname.startsWith('/studio/components/')")
    studio.wait_for("Processing job")
    studio.click("Open the job")
    studio.page.wait(f"location.pathname.endsWith('/processing-jobs/{chain['prepared']}')")


def test_the_graph_is_walked_with_keys_and_searched(studio: Studio, chain: dict[str, Any]) -> None:
    studio.open(f"/lineage?from={quote(chain['arn'], safe='')}")
    studio.page.wait("document.querySelectorAll('.lineage-graph .vertex').length >= 8")
    studio.page.evaluate("document.querySelector('.vertex.start .vertex-name').focus()")
    here = "document.activeElement.innerText"

    studio.page.press("ArrowRight")
    studio.page.wait(f"{here} === 'model.tar.gz'")
    studio.page.press("ArrowLeft")
    studio.page.wait(f"{here} === {json.dumps(chain['job'])}")

    studio.type("Search in the lineage", "raw")
    studio.page.wait("location.search.includes('find=raw')")
    studio.page.wait("document.querySelectorAll('.vertex.found').length >= 1")
    address = studio.address
    studio.open(address)
    studio.page.wait("document.querySelectorAll('.vertex.found').length >= 1")


def test_neighbours_are_shown_step_by_step_and_the_address_keeps_them(
    studio: Studio, jobs: Jobs, chain: dict[str, Any]
) -> None:
    """An image that many jobs have used brings the newest of them."""
    sagemaker = jobs.clients("sagemaker")
    hub = sagemaker.create_context(
        ContextName=unique_name("hub"),
        ContextType="ModelGroup",
        Source={"SourceUri": "models", "SourceType": "Group"},
        Properties={"owner": "ada"},
    )["ContextArn"]
    for number in range(40):
        made = sagemaker.create_artifact(
            ArtifactName=f"part-{number:02}",
            ArtifactType="Part",
            Source={"SourceUri": f"part://{hub}/{number}"},
        )["ArtifactArn"]
        sagemaker.add_association(SourceArn=hub, DestinationArn=made)

    studio.open(f"/contexts/{hub.rpartition('/')[2]}?tab=lineage")
    studio.page.wait("document.querySelectorAll('.lineage-graph .vertex').length === 13")
    studio.wait_for("+28")
    studio.click("+28")
    studio.page.wait("document.querySelectorAll('.lineage-graph .vertex').length === 33")
    address = studio.address
    assert "more=context" in address

    studio.open(address)
    studio.page.wait("document.querySelectorAll('.lineage-graph .vertex').length === 33")
    studio.click("List")
    studio.wait_for("What came of it")
    studio.page.wait("document.querySelectorAll('.lineage-tree li').length === 32")
    studio.click("Show more of 8")
    studio.page.wait("document.querySelectorAll('.lineage-tree li').length === 40")

    # What is associated meanwhile is there without reloading, and so is what changes.
    late = sagemaker.create_artifact(
        ArtifactName="part-late", ArtifactType="Part", Source={"SourceUri": f"part://{hub}/late"}
    )["ArtifactArn"]
    sagemaker.add_association(SourceArn=hub, DestinationArn=late)
    studio.wait_for("part-late")
    sagemaker.update_context(ContextName=hub.rpartition("/")[2], Description="changed")
    studio.click("Overview")
    studio.wait_for("changed")
    studio.wait_for("ada")


def test_artifacts_are_listed_and_filtered_by_the_address(studio: Studio, chain: dict[str, Any]) -> None:
    studio.open("/artifacts?type=Model")
    studio.page.wait("document.querySelectorAll('.sourced-table .body [role=row]').length >= 1")
    types = studio.page.evaluate(
        "[...document.querySelectorAll('.sourced-table .vertex-kind')].map((each) => each.innerText.trim())"
    )
    assert set(types) == {"Model"}

    studio.open(f"/artifacts?uri={quote(chain['model'], safe='')}")
    studio.wait_for("1 artifact")
    studio.click("model.tar.gz")
    studio.wait_for("Identity")
    studio.wait_for(chain["job"])
    studio.open("/artifacts?type=NoSuch")
    studio.wait_for("No artifact is like that")


def test_a_chain_is_made_again_and_goes_on_whichever_page_is_open(
    studio: Studio, jobs: Jobs, chain: dict[str, Any]
) -> None:
    studio.open(f"/components/{chain['component']}")
    studio.click("Make the 2 jobs again")
    studio.wait_for("What changes")
    assert "InputDataConfig" in text(studio), "the new training reads what the new preprocessing writes"
    studio.click("Start the 2 jobs")
    studio.page.wait("location.search.includes('go=true')")
    studio.wait_for("of 2 …")
    address = studio.address

    studio.open("/")
    studio.wait_for("Being made again")
    studio.page.wait(f"!({TEXT}).includes('Being made again')", 120)
    studio.open(address)
    studio.wait_for("All of it has been made again.")

    names = studio.page.evaluate(
        "[...document.querySelectorAll('.chain p a:last-child')].map((each) => each.innerText)"
    )
    new = jobs.describe(names[1])
    location = new["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert location.endswith(f"results/{names[0]}")
    assert new["ModelArtifacts"]["S3ModelArtifacts"] != chain["model"]
    assert new["HyperParameters"] == jobs.describe(chain["job"])["HyperParameters"]


def test_what_does_not_exist_is_told_with_what_to_do(studio: Studio) -> None:
    for path, words in (
        ("/components/nobody-knows", "does not exist"),
        ("/artifacts/0123", "There is no such artifact"),
        ("/lineage?from=s3://elsewhere/x", "No job is known to have read or written s3://elsewhere/x"),
        ("/lineage?from=nonsense", "Starts has to be the ARN"),
        ("/lineage?from=7&depth=99&more=a~z&direction=sideways", "What was made from what"),
    ):
        studio.open(path)
        studio.wait_for(words)
    # What a browser writes of an answer 400 is no trouble of the page.
    assert [said for said in studio.page.troubles() if "status of 40" not in said] == []
    studio.page.forget_troubles()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make studio` does it")
@pytest.mark.parametrize("dark", [False, True])
def test_pages_are_accessible(
    studio: Studio, chain: dict[str, Any], logged: dict[str, Any], dark: bool
) -> None:
    studio.page.scheme(dark=dark)
    start = quote(chain["arn"], safe="")
    selected = f"experiment-trial-component/{chain['component']}"
    for width, path, words in (
        (1440, f"/components/{chain['component']}", "vision"),
        (390, f"/components/{logged['run']}?tab=charts", "Average precision"),
        (1440, f"/components/{logged['tracked']}?tab=charts", "1,000 rows"),
        (1024, f"/components/{chain['component']}?tab=parameters", "sagemaker_program"),
        (390, f"/components/{chain['component']}?tab=metrics", "Deviation"),
        (1440, f"/components/{logged['run']}?tab=artifacts&open=out:notes.txt", "Hide"),
        (1024, f"/components/{chain['component']}?tab=debugger", "No rule watches this job"),
        (1440, f"/lineage?from={start}&selected={selected}&find=raw", "1 of"),
        (390, f"/lineage?from={start}", "associations"),
        (1440, f"/lineage?from={start}&as=list", "What came of it"),
        (1440, "/lineage", "What was made from what"),
        (390, f"/again?from={start}&at=1790000000000", "Start the 2 jobs"),
        (390, "/artifacts", "Location"),
    ):
        studio.page.resize(width, 900)
        studio.open(path)
        studio.wait_for(words)
        if "/lineage?from" in path and "as=list" not in path:
            studio.page.wait("document.querySelector('.lineage-graph .vertex')")

        assert studio.complaints() == [], path
        wide = studio.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{path} is wider than the window"
