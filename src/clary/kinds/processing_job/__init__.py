"""The kind ``processing-job``."""
