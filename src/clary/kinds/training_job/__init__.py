"""The kind ``training-job``."""
