"""SDK v3: an earlier job by its name."""

from answer import answer, arguments
from sagemaker.core.resources import ProcessingJob, TrainingJob

job = TrainingJob.get(training_job_name=arguments()["training"])
processing = ProcessingJob.get(processing_job_name=arguments()["processing"])
answer(
    status=job.training_job_status,
    kms_key=job.output_data_config.kms_key_id,
    hyperparameters=job.hyper_parameters,
    definitions=job.algorithm_specification.metric_definitions,
    processing=processing.processing_job_status,
    listed=[each.training_job_name for each in TrainingJob.get_all(name_contains=arguments()["training"])],
)
