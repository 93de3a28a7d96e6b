"""SDK v3: ModelTrainer with a source folder, an input and hyperparameters."""

import tempfile
from pathlib import Path

from answer import answer, code
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

session = Session()
folder = Path(tempfile.mkdtemp())
(folder / "numbers.csv").write_text("1,2,3\n")
uri = session.upload_data(str(folder / "numbers.csv"), bucket=session.default_bucket(), key_prefix="v3-data")
trainer = ModelTrainer(
    training_image="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6-cpu-py312",
    source_code=SourceCode(source_dir=code("trained_by_v3.py"), entry_script="trained_by_v3.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"learning-rate": 0.5},
    role=get_execution_role(),
    sagemaker_session=session,
    base_job_name="v3-journey",
)
trainer.train(input_data_config=[InputData(channel_name="train", data_source=uri)], wait=True, logs=True)
job = trainer._latest_training_job
job.refresh()
answer(
    name=job.training_job_name, status=job.training_job_status, model=job.model_artifacts.s3_model_artifacts
)
