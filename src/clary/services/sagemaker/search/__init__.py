"""Search over every kind of record that has an entry in ``_resources``."""
