"""The user's process: its sandbox and variables, its start, its output and its end."""
