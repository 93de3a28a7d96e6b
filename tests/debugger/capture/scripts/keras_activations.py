"""All forms of activations in Keras, in layers whose names do not contain the activation."""

import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(0)
layers = keras.layers
inputs = keras.Input((6,), dtype="int32")
x = layers.Embedding(5, 4, name="words")(inputs)
x = layers.Flatten(name="flat")(x)
x = layers.Dense(8, activation="relu", name="first")(x)
x = layers.Activation("tanh", name="second")(layers.Dense(8, name="plain")(x))
x = layers.ReLU(name="third")(x)
model = keras.Model(inputs, layers.Dense(3, activation="sigmoid", name="out")(x))
model.compile(keras.optimizers.Adam(0.01), "mse")
X = np.random.randint(0, 5, (24, 6)).astype("int32")
model.fit(X, np.random.rand(24, 3).astype("float32"), batch_size=4, verbose=0, shuffle=False)
assert model.get_layer("first").activation.__name__ == "relu"
print("last weight", float(np.sum(model.get_layer("first").get_weights()[0], dtype="float64")))
