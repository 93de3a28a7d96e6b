"""Hosts on the nodes of a Ray cluster.

    server ── link ── driver ── Ray ── one keeper on each node ── forker ── agents
              (socket pair)            (a detached actor)

    link.py       the server's end: starts the driver, asks it, and starts it again when it dies
    driver.py     a process of the Python that has Ray; nothing of Ray is imported by the server
    answers.py    carries out messages; in the driver, or in an actor in the cluster
    exchange.py   brings messages to that actor, and the answers back
    cluster.py    which nodes there are, and which has which host
    groups.py     what hosts hold of the cluster's resources: placement groups (ray_groups.py)
    scaling.py    what the autoscaler says of what waits
    bootstrap.py  the actor that brings Clary's code to a node
    keeper.py     starts the agents of a node, as on one machine, and finds those that run
    code.py       Clary's code as one archive
    backend.py    the ``Backend`` of the server; capacity.py is its ``Capacity``

Agents outlive keeper, raylet, driver, server and head: they are no children of any of them. A keeper that
starts again finds its hosts in the folder of its node.
"""
