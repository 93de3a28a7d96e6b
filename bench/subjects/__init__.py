"""One file a subject; its name is the name on the command line, and ``measure(bench)`` is what it does."""
