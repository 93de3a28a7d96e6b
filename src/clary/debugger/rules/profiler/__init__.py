"""The built-in rules over a job's profile, one per file. A file that is added here is a rule."""
