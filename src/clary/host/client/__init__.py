"""The agent's way to the server: signed requests, S3, and stored objects of this machine."""
