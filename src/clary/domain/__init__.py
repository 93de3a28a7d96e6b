"""The vocabulary everybody shares: names, ARNs, errors, identities, what a host is told.

Standard library only: the host agent starts with it, and it has to start in milliseconds.
"""
