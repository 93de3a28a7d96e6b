"""Requests of the agent to the server: signed calls, S3, and stored objects as files of this machine."""
