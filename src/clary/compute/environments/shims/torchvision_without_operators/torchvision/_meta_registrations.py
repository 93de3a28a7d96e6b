"""Left empty: the original registers shapes for compiled operators that a CPU build of torch cannot load.

It fails on import without them, and with it all of torchvision. Datasets, transforms and models work;
``torchvision.ops`` says by itself which operators it lacks.
"""
