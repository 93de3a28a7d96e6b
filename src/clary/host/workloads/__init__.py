"""The workloads that a host may run, one in each file. ``workload.py`` says what such a file holds.

The name of the file is the name of the workload in a HostSpec.
"""
