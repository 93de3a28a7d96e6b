"""CloudWatch metrics of jobs. Only jobs write points; the analytics classes of the SDK read them here."""
