"""The user's process in a container of an image that the user brings, under Docker or Podman.

engine.py      the engine's API, which both have
addresses.py   where the engine's API is found
orders.py      what a container is created with: mounts, limits, network
devices.py     the GPUs that it gets
process.py     one container as the user's process, from its start to its removal
memory.py      what limits its memory, and whether the kernel has killed for it
output.py      its two streams as one
start.py       all of these together
command.py     what it runs: of the image, or of the job
loopback.py    what it reaches on its own loopback interface, and how its server is reached
models.py      the models of a server that has many of them
model_door.py  the way of a request to one of these
namespaces.py  sockets in its network; relay.py joins them with others
leftovers.py   what an agent that was killed has left in the engine
"""
