"""What Clary is measured against: each subject beside its peers, in the same run. ``python -m bench``."""
