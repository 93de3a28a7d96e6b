"""Images that the user brings, under a real engine: all that SageMaker promises of them, and nothing left."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.engine import TestEngine, missing, running_engine
from tests.journeys.clients import Client, client_prefix
from tests.journeys.conftest import execution_role
from tests.journeys.endpoints import Endpoints
from tests.journeys.jobs import TERMINAL, Jobs, packed, unique_name
from tests.journeys.server import Server, wait_for

from clary.host.container.orders import HOST_LABEL

pytestmark = pytest.mark.skipif(missing() != "", reason=missing())

SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
}
SCRIPTS = Path(__file__).parent / "containers"
POINTS = b"".join(b"%d,%d\n" % (x, 3 * x + 1) for x in range(8))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    (packages,) = client_prefix("toolkit").glob("lib/python*/site-packages")
    with running_engine(tmp_path_factory.mktemp("engine"), toolkit=packages) as engine:
        yield engine


@pytest.fixture(scope="module")
def server(engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"CLARY_COMPUTE": "container", "DOCKER_HOST": engine.address}
    server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"), settings)
    server.start()
    yield server
    server.stop()
    # Jobs that a failed test has left are told to end, and end without the server.
    wait_for(lambda: engine.left() == [], "every container to be gone")


@pytest.fixture(scope="module")
def jobs(server: Server) -> Jobs:
    clients = server.session()
    clients("s3").create_bucket(Bucket="containers")
    made = Jobs(clients, "containers", execution_role(server))
    for script in SCRIPTS.iterdir():
        made.upload(f"code/{script.name}", script.read_bytes())
    made.upload("train/points.csv", POINTS)
    return made


@pytest.fixture(scope="module")
def names(jobs: Jobs, engine: TestEngine) -> dict[str, str]:
    """Jobs by what they show. All are created at once, and wait for one another's memory if they must."""
    return {
        "fits": create(jobs, engine, "fits.py", epochs="3"),
        "as a process": jobs.submit(in_script_mode(jobs, "python:3.11")),
        "toolkit": jobs.submit(in_script_mode(jobs, engine.image)),
        "fails": create(jobs, engine, "ends.py", how="fails"),
        "saves": create(jobs, engine, "ends.py", how="saves"),
        "waits": create(jobs, engine, "ends.py", how="waits"),
        "late": create(jobs, engine, "ends.py", how="waits", StoppingCondition={"MaxRuntimeInSeconds": 1}),
        "on spot": create(jobs, engine, "ends.py", how="saves", **SPOT),
        "meets": create(jobs, engine, "meets.py", instances=2),
        "isolated": create(jobs, engine, "meets.py", EnableNetworkIsolation=True),
        "isolated pair": create(jobs, engine, "meets.py", instances=2, EnableNetworkIsolation=True),
    }


def create(jobs: Jobs, engine: TestEngine, script: str, *, instances: int = 1, **more: Any) -> str:
    """Creates a job of the image's own program, which runs a script of the channel code; returns its name.

    Members of the request begin with a capital; the others are hyperparameters.
    """
    members = {name: more.pop(name) for name in list(more) if name[0].isupper()}
    request = {
        "TrainingJobName": unique_name(script.removesuffix(".py")),
        "AlgorithmSpecification": {"TrainingImage": engine.image, "TrainingInputMode": "File"},
        "RoleArn": jobs.role_arn,
        "HyperParameters": {"script": script, **more},
        "InputDataConfig": [channel(name, f"s3://{jobs.bucket}/{name}/") for name in ("code", "train")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{jobs.bucket}/output"},
        "ResourceConfig": {"InstanceType": "ml.t3.medium", "InstanceCount": instances, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    return jobs.submit({**request, **members})


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def in_script_mode(jobs: Jobs, image: str) -> dict[str, Any]:
    """The same training from a source archive. The engine has no python:3.11: that runs as a process."""
    source = jobs.upload("source/sourcedir.tar.gz", packed({"fits.py": SCRIPTS / "fits.py"}))
    request = jobs.request("ending.py", image=image, inputs={"train": f"s3://{jobs.bucket}/train/"})
    return {
        **request,
        "HyperParameters": {
            "sagemaker_program": json.dumps("fits.py"),
            "sagemaker_submit_directory": json.dumps(source),
            "epochs": "3",
        },
    }


def test_the_same_script_gives_the_same_model_as_a_process(jobs: Jobs, names: dict[str, str]) -> None:
    ended = jobs.wait(names["fits"])
    apart = jobs.wait(names["as a process"])
    assert (ended["TrainingJobStatus"], apart["TrainingJobStatus"]) == ("Completed", "Completed"), ended

    model = jobs.download(ended["ModelArtifacts"]["S3ModelArtifacts"])
    same = jobs.download(apart["ModelArtifacts"]["S3ModelArtifacts"])

    assert model["line.json"] == same["line.json"]
    lines = jobs.log(names["fits"])
    assert lines[0] == "train was called with []"
    assert lines[-3:] == [line for line in jobs.log(names["as a process"]) if line.startswith("epoch")]


def test_a_failure_has_the_images_own_words_and_both_streams(jobs: Jobs, names: dict[str, str]) -> None:
    ended = jobs.wait(names["fails"])

    assert ended["TrainingJobStatus"] == "Failed"
    assert ended["FailureReason"] == "AlgorithmError: the data has no labels"
    assert {"on stdout", "on stderr"} <= set(jobs.log(names["fails"]))


def test_a_stop_lets_a_script_save_and_ends_one_that_doesn_t(jobs: Jobs, names: dict[str, str]) -> None:
    for how in ("saves", "waits"):
        wait_for(lambda how=how: "waits" in jobs.log(names[how]), f"{how} to run")
        jobs.clients("sagemaker").stop_training_job(TrainingJobName=names[how])
    saves, waits = (jobs.wait(names[how]) for how in ("saves", "waits"))

    assert (saves["TrainingJobStatus"], waits["TrainingJobStatus"]) == ("Stopped", "Stopped")
    assert list(jobs.download(saves["ModelArtifacts"]["S3ModelArtifacts"])) == ["saved.txt"]


def test_a_job_over_its_time_is_stopped(jobs: Jobs, names: dict[str, str]) -> None:
    ended = jobs.wait(names["late"])

    assert (ended["TrainingJobStatus"], ended["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_hosts_meet_by_name_and_reach_clary_and_their_role(jobs: Jobs, names: dict[str, str]) -> None:
    assert jobs.wait(names["meets"])["TrainingJobStatus"] == "Completed", jobs.log(names["meets"])

    first, second = (jobs.printed(names["meets"], host) for host in ("algo-1", "algo-2"))

    assert first["heard"] == ["algo-2"]
    assert second["interfaces"] == ["eth0", "lo"]
    assert second["health"] == "ok"
    assert second["credentials"] == ["AccessKeyId", "Expiration", "SecretAccessKey", "Token"]


def test_an_isolated_host_reaches_nobody(jobs: Jobs, names: dict[str, str]) -> None:
    assert jobs.wait(names["isolated"])["TrainingJobStatus"] == "Completed", jobs.log(names["isolated"])

    seen = jobs.printed(names["isolated"])

    assert seen["interfaces"] == ["lo"]
    assert (seen["health"], seen["credentials"], seen["world"]) == (None, None, "OSError")


def test_isolated_hosts_reach_each_other_only(jobs: Jobs, names: dict[str, str]) -> None:
    assert jobs.wait(names["isolated pair"])["TrainingJobStatus"] == "Completed"

    seen = jobs.printed(names["isolated pair"], "algo-1")

    assert seen["heard"] == ["algo-2"]
    assert seen["world"] is not True


@pytest.mark.parametrize("program", ["julia", "/opt/julia"])
def test_a_program_that_the_image_does_not_have_is_named(
    jobs: Jobs, engine: TestEngine, program: str
) -> None:
    algorithm = {"TrainingImage": engine.image, "TrainingInputMode": "File", "ContainerEntrypoint": [program]}

    ended = jobs.wait(create(jobs, engine, "fits.py", AlgorithmSpecification=algorithm))

    assert ended["TrainingJobStatus"] == "Failed"
    assert f"The image {engine.image} has no program {program!r} to run" in ended["FailureReason"]


def test_an_interrupted_container_is_told_to_end_and_starts_again(
    server: Server, jobs: Jobs, names: dict[str, str]
) -> None:
    name = names["on spot"]
    wait_for(lambda: "waits" in jobs.log(name), "the script to wait")

    server.command("interrupt", name)
    wait_for(lambda: jobs.log(name).count("waits") == 2, "the next attempt")
    jobs.clients("sagemaker").stop_training_job(TrainingJobName=name)
    ended = jobs.wait(name)

    begun = ["Starting", "Downloading", "Training"]
    statuses = [step["Status"] for step in ended["SecondaryStatusTransitions"]]
    assert statuses == [*begun, "Interrupted", *begun, "Stopping", "Stopped"]
    assert jobs.log(name).count("saved") == 2
    assert jobs.download(ended["ModelArtifacts"]["S3ModelArtifacts"]).keys() == {"saved.txt"}


def test_a_container_finds_the_cache_of_the_one_before(jobs: Jobs, engine: TestEngine) -> None:
    pool = {
        "InstanceType": "ml.t3.medium",
        "InstanceCount": 1,
        "VolumeSizeInGB": 6,
        "KeepAlivePeriodInSeconds": 600,
    }
    found = []
    for _ in range(2):
        name = create(jobs, engine, "ends.py", how="caches", ResourceConfig=pool)
        assert jobs.wait(name)["TrainingJobStatus"] == "Completed"
        found += [line for line in jobs.log(name) if line.startswith("found")]
    jobs.clients("sagemaker").update_training_job(
        TrainingJobName=name, ResourceConfig={"KeepAlivePeriodInSeconds": 0}
    )

    assert found == ["found []", "found ['kept']"]


def test_awss_own_toolkit_runs_script_mode_in_the_image(jobs: Jobs, names: dict[str, str]) -> None:
    ended = jobs.wait(names["toolkit"])
    said = "\n".join(jobs.log(names["toolkit"]))
    assert ended["TrainingJobStatus"] == "Completed", said[-4000:]

    model = jobs.download(ended["ModelArtifacts"]["S3ModelArtifacts"])
    same = jobs.download(jobs.wait(names["fits"])["ModelArtifacts"]["S3ModelArtifacts"])

    assert model["line.json"] == same["line.json"]
    assert "Reporting training SUCCESS" in said


def test_an_image_that_nobody_has_is_refused_with_both_places(jobs: Jobs, engine: TestEngine) -> None:
    algorithm = {"TrainingImage": "my-own:7", "TrainingInputMode": "File"}

    with pytest.raises(ClientError) as caught:
        create(jobs, engine, "fits.py", AlgorithmSpecification=algorithm)

    said = caught.value.response["Error"]["Message"]
    assert f"The container engine at {engine.address} has no image 'my-own:7'" in said
    assert "No image here is called 'my-own'" in said


def test_a_job_goes_on_without_the_server_and_ends_with_its_agent(
    server: Server, jobs: Jobs, engine: TestEngine
) -> None:
    name = create(jobs, engine, "ends.py", how="waits")
    wait_for(lambda: "waits" in jobs.log(name), "the container to run")
    (container,) = engine.api.containers(HOST_LABEL)
    host = Path(container["Labels"][HOST_LABEL])

    server.kill()
    assert engine.api.inspect(container["Id"])["State"]["Status"] == "running"  # type: ignore[index]
    os.kill(int((host / "agent.pid").read_text()), signal.SIGKILL)
    server.start()

    assert jobs.wait(name)["TrainingJobStatus"] == "Failed"
    assert engine.api.inspect(container["Id"]) is None


def test_an_endpoint_and_a_transform_serve_with_the_images_own_server(jobs: Jobs, engine: TestEngine) -> None:
    endpoints = Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)
    data = endpoints.upload("model.tar.gz", {"model.txt": b" to you"})
    container = {"Image": engine.image, "ModelDataUrl": data}
    model = endpoints.model(PrimaryContainer=container, EnableNetworkIsolation=True)
    jobs.upload("greetings/one.txt", b"hello")

    many = endpoints.model(PrimaryContainer=of_many_models(endpoints, engine))
    endpoint, of_many = (endpoints.create(endpoints.config(each)) for each in (model, many))
    transform = create_transform(jobs, model, "greetings/")
    endpoints.wait(endpoint, timeout_s=240.0)
    answers = {
        jobs.clients("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=word)["Body"].read()
        for word in (b"good day", b"good evening")
    }
    endpoints.wait(of_many, timeout_s=240.0)
    of_each = [ask_one_of_many(jobs, of_many, name) for name in ("en", "deep/fr", "en", "es", "deep/fr")]
    with pytest.raises(ClientError, match=r"models/de\.tar\.gz .* does not exist") as missing_one:
        ask_one_of_many(jobs, of_many, "de")
    wait_for(lambda: len(models_named(endpoints, of_many)) == 6, "the log of the models")
    loads = models_named(endpoints, of_many)
    for each in (endpoint, of_many):
        endpoints.delete(each)

    assert of_each == [b"HI to you", b"HI a vous", b"HI to you", b"HI a usted", b"HI a vous"]
    assert missing_one.value.response["OriginalStatusCode"] == 404
    assert loads == [
        *("en.tar.gz is loaded", "deep/fr.tar.gz is loaded"),
        # Its server has memory for two.
        *("deep/fr.tar.gz is unloaded", "es.tar.gz is loaded"),
        *("en.tar.gz is unloaded", "deep/fr.tar.gz is loaded"),
    ]
    assert answers == {b"GOOD DAY to you", b"GOOD EVENING to you"}
    assert ended_transform(jobs, transform)["TransformJobStatus"] == "Completed"
    transformed = jobs.clients("s3").get_object(Bucket=jobs.bucket, Key="transformed/one.txt.out")["Body"]
    assert transformed.read() == b"HELLO to you"


def of_many_models(endpoints: Endpoints, engine: TestEngine) -> dict[str, Any]:
    for name, words in (("en", b" to you"), ("deep/fr", b" a vous"), ("es", b" a usted")):
        endpoints.upload(f"greeters/models/{name}.tar.gz", {"model.txt": words})
    return {
        "Image": engine.image,
        "Mode": "MultiModel",
        "ModelDataUrl": f"s3://{endpoints.bucket}/greeters/models/",
        "Environment": {"MOST_MODELS": "2"},
    }


def models_named(endpoints: Endpoints, endpoint: str) -> list[str]:
    lines = [line for line in endpoints.log(endpoint) if line.startswith("Clary: the model")]
    return [line.removeprefix("Clary: the model ").partition(" (")[0] for line in lines]


def ask_one_of_many(jobs: Jobs, endpoint: str, model: str) -> bytes:
    answer = jobs.clients("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, TargetModel=f"{model}.tar.gz", Body=b"hi"
    )
    said: bytes = answer["Body"].read()
    return said


def create_transform(jobs: Jobs, model: str, prefix: str) -> str:
    name = unique_name("transform")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{jobs.bucket}/{prefix}"}}
    jobs.clients("sagemaker").create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={"DataSource": source, "ContentType": "text/plain"},
        TransformOutput={"S3OutputPath": f"s3://{jobs.bucket}/transformed"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    return name


def ended_transform(jobs: Jobs, name: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def ended() -> bool:
        seen.update(jobs.clients("sagemaker").describe_transform_job(TransformJobName=name))
        return seen["TransformJobStatus"] in TERMINAL

    wait_for(ended, f"{name} to end")
    return seen


def test_the_sdk_trains_and_processes_in_an_image_of_the_user(
    server: Server, jobs: Jobs, engine: TestEngine, tmp_path: Path
) -> None:
    words = jobs.upload("words/words.txt", b"to be ")
    client = Client(client_prefix("v2"), server.client_environ(), tmp_path)

    seen = client.run(
        "own_image.py",
        image=engine.image,
        code=f"s3://{jobs.bucket}/code/",
        train=f"s3://{jobs.bucket}/train/",
        copies=str(SCRIPTS / "copies.py"),
        words=words,
    )

    assert seen["training"]["status"] == "Completed"
    assert seen["training"]["metrics"]["loss"] > 0
    assert sorted(jobs.download(seen["model"])) == ["line.json"]
    assert seen["words"] == "TO BE --end"
