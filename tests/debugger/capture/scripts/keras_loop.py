"""A small Keras training that knows nothing of debugging. Arguments: tape, function."""

import sys
import numpy as np, tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(0)
m = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Dense(16, activation="relu", name="d1"),
        keras.layers.Dense(3, name="d2"),
    ]
)
X = np.random.randn(24, 8).astype("float32")
y = np.random.randint(0, 3, 24)
lf = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
opt = keras.optimizers.SGD(0.1)
if "tape" in sys.argv or "function" in sys.argv:

    def step(x, t):
        with tf.GradientTape() as tape:
            p = m(x, training=True)
            l = lf(t, p)
        g = tape.gradient(l, m.trainable_variables)
        opt.apply_gradients(zip(g, m.trainable_variables))
        return l

    if "function" in sys.argv:
        step = tf.function(step)
    for i in range(6):
        l = step(tf.constant(X[i * 4 : i * 4 + 4]), tf.constant(y[i * 4 : i * 4 + 4]))
    print(float(l))
else:
    m.compile(opt, lf, metrics=["accuracy"])
    h = m.fit(X, y, batch_size=4, epochs=1, verbose=0, shuffle=False, validation_data=(X[:8], y[:8]))
    print(h.history)
