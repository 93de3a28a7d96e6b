"""CloudWatch Logs: groups, streams, lines. What a job prints is here half a second later, at the latest."""
