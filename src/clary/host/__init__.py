"""The agent that runs beside every algo-N, and what it injects into a user's process.

It lays out /opt/ml, stages channels, starts user code in a private host, ships its log lines and metrics,
keeps checkpoints in step, and uploads what the job made. It runs away from the server, outlives it, and
needs the standard library only.
"""
