"""CloudWatch Logs: groups, streams, events. What a job prints can be read here within half a second."""
