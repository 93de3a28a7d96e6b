"""What every part of the platform shares: names, ARNs, errors, identities, the orders of a host.

Standard library only: the host agent starts with it, and it has to start in milliseconds.
"""
