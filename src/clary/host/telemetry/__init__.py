"""What an agent sends to the server while a job runs: reports, log lines, metric points."""
