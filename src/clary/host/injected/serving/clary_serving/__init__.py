"""The program that serves a model where the image has a serving contract, as AWS's inference toolkits do.

    clients ── front: HTTP ──┬── worker: the model, and the functions of inference.py
               (never runs   ├── worker
                user code)   └── ...
                  └── nursery: has imported the framework; each worker is a fork of it

__main__.py      the three processes and their start
settings.py      what the variables of the host say
http_connection  one connection of a client, read and written with h11
front.py         /ping, /invocations, /models
pool.py          the workers as the front sees them: who is idle, who died
frames.py        what front and worker send each other
nursery.py       forks workers
worker.py        the loop of a worker
contract.py      model_fn, input_fn, predict_fn, output_fn, transform_fn
formats.py       JSON, CSV, NPY ... to and from arrays
frameworks/      what a framework does where a function is missing

It runs in the Python of the image's environment, so: Python 3.8 syntax. The front needs the standard library
and h11 only; workers need numpy and the framework.
"""
