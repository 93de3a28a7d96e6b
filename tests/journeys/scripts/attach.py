"""``attach`` of every estimator, and of processing jobs, by the names of earlier jobs."""

import tempfile
from pathlib import Path

import sagemaker
from answer import answer
from sagemaker.estimator import Estimator
from sagemaker.processing import ProcessingJob, ScriptProcessor
from sagemaker.pytorch import PyTorch
from sagemaker.sklearn import SKLearn
from sagemaker.xgboost import XGBoost

session = sagemaker.Session()
folder = Path(tempfile.mkdtemp())
(folder / "short.py").write_text("print('done')\n")
common = {
    "role": sagemaker.get_execution_role(),
    "instance_type": "ml.m5.large",
    "instance_count": 1,
    "max_run": 500,
    "tags": [{"Key": "team", "Value": "vision"}],
}
script = {
    **common,
    "entry_point": "short.py",
    "source_dir": str(folder),
    "hyperparameters": {"layers": [1, 2]},
}
made = {
    "sklearn": SKLearn(framework_version="1.2-1", **script),
    "pytorch": PyTorch(framework_version="2.6", py_version="py312", **script),
    "xgboost": XGBoost(framework_version="1.7-1", **script),
    # Nothing that is not required: no hyperparameters, no channels, no profiler.
    "generic": Estimator(
        image_uri=SKLearn(framework_version="1.2-1", **script).training_image_uri("us-east-1"),
        container_entry_point=["true"],
        disable_profiler=True,
        debugger_hook_config=False,
        **common,
    ),
}
for estimator in made.values():
    estimator.fit(wait=False)
processor = ScriptProcessor(
    image_uri=made["generic"].image_uri,
    command=["python3"],
    role=common["role"],
    instance_type="ml.m5.large",
    instance_count=1,
)
processor.run(code=str(folder / "short.py"), wait=False)

found = {}
for kind, estimator in made.items():
    attached = type(estimator).attach(estimator.latest_training_job.name)
    found[kind] = {
        "name": attached.latest_training_job.name,
        "same_model": attached.model_data == estimator.model_data,
        "max_run": attached.max_run,
        "tags": attached.tags,
        "hyperparameters": attached.hyperparameters(),
        "kms_key": attached.output_kms_key,
    }
description = processor.latest_job.describe()
by_name = ProcessingJob.from_processing_name(session, description["ProcessingJobName"])
by_arn = ProcessingJob.from_processing_arn(session, description["ProcessingJobArn"])
by_name.wait(logs=False)
answer(
    processing={
        "inputs": [each.input_name for each in by_name.inputs],
        "same": by_arn.job_name == by_name.job_name,
        "status": by_name.describe()["ProcessingJobStatus"],
    },
    **found,
)
