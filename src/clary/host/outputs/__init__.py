"""What a host uploads to S3: results at the end, checkpoints and tensors while the job runs."""
