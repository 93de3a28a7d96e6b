"""The kind ``endpoint``: hosts that stay and answer requests.

generations.py   the hosts of one configuration, and their names
snapshot.py      a generation as a configuration and its models say it
record.py        the record of a new endpoint, and what updates change
state.py         what follows from what was seen
cluster.py       what each host is told
routes.py        where requests go
answered.py      what DescribeEndpoint answers
"""

from .kind import KIND

__all__ = ["KIND"]
