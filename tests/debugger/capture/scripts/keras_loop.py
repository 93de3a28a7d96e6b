"""A small Keras training without any debugging code. Arguments: tape, function, predict."""

import sys

import numpy as np
import tensorflow as tf
from tensorflow import keras

asked = set(sys.argv[1:])
keras.utils.set_random_seed(0)
model = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Dense(16, activation="relu", name="first"),
        keras.layers.Dense(3, name="second"),
    ]
)
X, y = np.random.randn(24, 8).astype("float32"), np.random.randint(0, 3, 24)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.SGD(0.1)


def train_step(x, labels):
    with tf.GradientTape() as tape:
        loss = loss_of(labels, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(list(zip(gradients, model.trainable_variables)))  # noqa: B905
    return loss


if asked & {"tape", "function"}:
    step = tf.function(train_step) if "function" in asked else train_step
    for at in range(0, 24, 4):
        step(tf.constant(X[at : at + 4]), tf.constant(y[at : at + 4]))
else:
    model.compile(optimizer, loss_of, metrics=["accuracy"])
    model.fit(X, y, batch_size=4, verbose=0, shuffle=False, validation_data=(X[:8], y[:8]))
if "predict" in asked:
    model.predict(X, batch_size=8, verbose=0)
print("last weight", float(np.sum(model.get_weights()[0], dtype="float64")))
