"""Trains and processes in an image that the user brings."""

import sagemaker
from answer import answer, arguments, described
from sagemaker.estimator import Estimator
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor

wishes = arguments()
session = sagemaker.Session()
role = sagemaker.get_execution_role()
estimator = Estimator(
    image_uri=wishes["image"],
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"script": "fits.py", "epochs": 3},
    metric_definitions=[{"Name": "loss", "Regex": "loss=([0-9.]+);"}],
)
processor = ScriptProcessor(
    image_uri=wishes["image"],
    command=["python3"],
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
)
processor.run(
    code=wishes["copies"],
    inputs=[ProcessingInput(source=wishes["words"], destination="/opt/ml/processing/in")],
    outputs=[ProcessingOutput(source="/opt/ml/processing/out", output_name="out")],
    arguments=["--end"],
    wait=False,
)
estimator.fit({"code": wishes["code"], "train": wishes["train"]}, wait=False)
# The SDK's own waits, which look every 30 s when they are not told otherwise.
session.wait_for_job(estimator.latest_training_job.name, poll=1)
session.wait_for_processing_job(processor.latest_job.job_name, poll=1)
written = processor.latest_job.outputs[0].destination
answer(
    training=described(estimator),
    model=estimator.model_data,
    words=sagemaker.s3.S3Downloader.read_file(f"{written}/words.txt", session),
)
