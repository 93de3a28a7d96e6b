"""Jobs: what callers may ask of them. The runner does the work."""
