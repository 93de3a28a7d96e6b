"""One file per subject. The command line names the file, and runs its ``measure(bench)``."""
