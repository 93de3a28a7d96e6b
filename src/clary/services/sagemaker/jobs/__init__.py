"""The operations of jobs. What the platform knows of each kind of job is in ``clary.kinds``."""
