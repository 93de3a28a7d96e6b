"""The built-in rules over a job's profile, one a file. A file dropped in here is a rule."""
