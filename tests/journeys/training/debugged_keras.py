"""A convolutional Keras network on ``digits.npz``, trained by ``fit``."""

import argparse
import os

import keras
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int)
parser.add_argument("--learning_rate", type=float)
parser.add_argument("--steps", type=int)
parser.add_argument("--model_dir")  # the SDK gives one of its own to every TensorFlow script
wishes = parser.parse_args()

keras.utils.set_random_seed(0)
data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.npz"))
order = np.random.RandomState(0).permutation(len(data["labels"]))[: wishes.batch_size * wishes.steps]
images = data["images"][order].reshape(-1, 28, 28, 1).astype("float32") / 255
network = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(6, 5, activation="relu", name="conv"),
        keras.layers.MaxPooling2D(2, name="pool"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(10, name="dense"),
    ]
)
network.compile(
    keras.optimizers.SGD(wishes.learning_rate),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
network.fit(images, data["labels"][order], batch_size=wishes.batch_size, shuffle=False, verbose=2)
network.save(os.path.join(os.environ["SM_MODEL_DIR"], "model.keras"))
