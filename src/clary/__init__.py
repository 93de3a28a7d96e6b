"""Clary: the training platform a SageMaker user can run themselves."""

__version__ = "0.1.0"
