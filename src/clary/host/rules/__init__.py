"""What an evaluator of rules brings from S3, and what it reports."""
