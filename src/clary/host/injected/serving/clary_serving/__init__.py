"""The program that serves a model where the image has a serving contract, as AWS's inference toolkits do.

    clients ── front: HTTP ──┬── worker: the model, and the functions of inference.py
               (never runs   ├── worker
                user code)   └── ...
                  └── nursery: has imported the framework; each worker is a fork of it

__main__.py      the start: forks the nursery, becomes the front
settings.py      what the variables of the host say
front_process.py the process of the front
http_connection  one connection of a client, parsed by httptools
front.py         /ping, /invocations, /models
pool.py          the workers as the front sees them: who is idle, who died
frames.py        what front and worker send each other
nursery.py       forks workers
worker.py        the loop of a worker
contract.py      model_fn, input_fn, predict_fn, output_fn, transform_fn
formats.py       JSON, CSV, NPY ... to and from arrays
frameworks/      what a framework does where a function is missing

Nursery and workers run in the Python of the image's environment, so: Python 3.8 syntax. The front runs in
Clary's own Python, with Clary's httptools and uvloop: it has no user code, and nothing of the image in it.
"""
