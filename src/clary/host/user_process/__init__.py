"""The user's process: what it sees, how it starts, how it is stopped, what it writes."""
