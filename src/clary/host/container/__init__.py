"""The user's process in a container of an image that the user brings, under Docker or Podman.

engine.py      the engine's API, which both have
addresses.py   where the engine's API is found
orders.py      what a container is created with: mounts, limits, network
process.py     one container as the user's process, from its start to its removal
output.py      its two streams as one
loopback.py    Clary's address and the role's credentials on the container's own loopback interface
leftovers.py   what an agent that was killed has left in the engine
"""
