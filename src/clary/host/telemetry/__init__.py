"""What an agent tells the server while a job runs: reports, log lines, metric points."""
