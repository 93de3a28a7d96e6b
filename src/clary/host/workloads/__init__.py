"""What a host may run, one file a workload; ``workload.py`` says what such a file holds.

The name that a spec asks for is the name of the file.
"""
