"""SageMaker's operations, one file per resource."""
