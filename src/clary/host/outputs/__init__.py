"""What leaves a host for S3: outputs at the end, checkpoints and tensors while the job runs."""
