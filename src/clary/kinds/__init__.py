"""What the platform knows of each kind of job: one folder for each, found by listing this package."""
